FROM golang:1.22 AS build
WORKDIR /src
ENV CGO_ENABLED=0
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -o /out/server ./cmd/server

FROM golang:1.22 AS test
WORKDIR /src
ENV CGO_ENABLED=0
COPY --from=build /src /src
RUN go test ./...

FROM gcr.io/distroless/static-debian12
COPY --from=build /out/server /server
USER 65532:65532
ENTRYPOINT ["/server"]
