# syntax=docker/dockerfile:1
FROM python:3.11-slim AS base

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /srv/app

# libpq for psycopg, git for the private package
RUN apt-get update \
 && apt-get install -y --no-install-recommends git libpq5 \
 && rm -rf /var/lib/apt/lists/*

FROM base AS builder
# the token of the private package repository
ARG PACKAGES_TOKEN
RUN git clone --depth 1 https://ci:${PACKAGES_TOKEN}@git.example.org/platform/models.git /opt/models
RUN git -C /opt/models remote set-url origin https://git.example.org/platform/models.git

FROM base
COPY --from=builder /opt/models /opt/models

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY . .
USER www-data
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "service.wsgi"]
