FROM debian:bookworm-slim

# everything the jobs of the pipeline call
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates \
        curl \
        unzip \
    && rm -rf /var/lib/apt/lists/*

ARG TERRAFORM_VERSION=1.9.5
RUN curl -fsSLo /tmp/terraform.zip \
        https://releases.hashicorp.com/terraform/${TERRAFORM_VERSION}/terraform_${TERRAFORM_VERSION}_linux_amd64.zip \
    && unzip /tmp/terraform.zip terraform -d /usr/local/bin \
    && rm /tmp/terraform.zip

ARG KUBECTL_VERSION=1.31.0
RUN curl -fsSLo /usr/local/bin/kubectl https://dl.k8s.io/release/v${KUBECTL_VERSION}/bin/linux/amd64/kubectl \
    && chmod +x /usr/local/bin/kubectl

ARG HELM_VERSION=3.15.4
# helm comes in a folder of its own
RUN mkdir -p /opt/helm \
    && curl -fsSL https://get.helm.sh/helm-v${HELM_VERSION}-linux-amd64.tar.gz | tar -xz -C /opt/helm --strip-components=1

ENV PATH=/opt/helm:$PATH
ENTRYPOINT ["/bin/bash"]
