# A static binary and nothing else.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /dnispool ./cmd/dnispool

FROM scratch
COPY --from=build /dnispool /dnispool
USER 65534:65534
EXPOSE 8080/tcp 5060/udp 5060/tcp
ENTRYPOINT ["/dnispool"]
