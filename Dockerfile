# A static binary and nothing else. `make image` builds the binary and then this, with a directory that holds it alone
# as the context; no other image is needed, so none is pulled.
FROM scratch
COPY dnispool /dnispool

# The platform's own ports, and that of the control API. Inside a container every address is the way to be reached at
# all; the control API then asks for a token, DNISPOOL_CONTROL_TOKEN or one that is made at each start and printed. The
# certificate for TLS is made at each start, unless one is mounted and named by DNISPOOL_TLS_CERTIFICATE and _KEY.
ENV DNISPOOL_HTTP_LISTEN=0.0.0.0:8080 \
    DNISPOOL_SIP_LISTEN=0.0.0.0:5060 \
    DNISPOOL_HTTP_TLS_LISTEN=0.0.0.0:8443 \
    DNISPOOL_SIP_TLS_LISTEN=0.0.0.0:5061 \
    DNISPOOL_CONTROL_LISTEN=0.0.0.0:8081
EXPOSE 8080/tcp 8443/tcp 5060/udp 5060/tcp 5061/tcp 8081/tcp

# Nobody's numbers, because there is no file of names. Nothing is written, so the file system may be read-only.
USER 65534:65534
HEALTHCHECK --interval=3s --timeout=3s --start-period=5s --retries=3 CMD ["/dnispool", "ready"]
ENTRYPOINT ["/dnispool"]
CMD ["sim"]

ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="dnispool" \
      org.opencontainers.image.description="A reference of PolyAI's DNIs Pool integration: Reserve DNI, Get Handoff and SIP" \
      org.opencontainers.image.source="https://github.com/dnispool/dnispool" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
