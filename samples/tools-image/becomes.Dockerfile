FROM debian:bookworm-slim AS base

# everything the jobs of the pipeline call
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates \
        curl \
        unzip \
    && rm -rf /var/lib/apt/lists/*

FROM base AS terraform
ARG TERRAFORM_VERSION=1.9.5
RUN curl -fsSLo /tmp/terraform.zip \
        https://releases.hashicorp.com/terraform/${TERRAFORM_VERSION}/terraform_${TERRAFORM_VERSION}_linux_amd64.zip \
    && unzip /tmp/terraform.zip terraform -d /usr/local/bin \
    && rm /tmp/terraform.zip

FROM base AS kubectl
ARG KUBECTL_VERSION=1.31.0
RUN curl -fsSLo /usr/local/bin/kubectl https://dl.k8s.io/release/v${KUBECTL_VERSION}/bin/linux/amd64/kubectl \
    && chmod +x /usr/local/bin/kubectl

FROM base AS jq
# the queries of the deployment scripts need 1.7
ARG JQ_VERSION=1.7.1
RUN curl -fsSLo /usr/local/bin/jq https://github.com/jqlang/jq/releases/download/jq-${JQ_VERSION}/jq-linux-amd64 \
    && chmod 0755 /usr/local/bin/jq

FROM base
COPY --from=terraform /usr/local/bin/terraform /usr/local/bin/terraform
COPY --from=kubectl /usr/local/bin/kubectl /usr/local/bin/kubectl
COPY --from=jq /usr/local/bin/jq /usr/local/bin/jq

ENV EDITOR=vi
WORKDIR /workspace
ENTRYPOINT ["/bin/bash"]
