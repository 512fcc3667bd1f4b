# A small image with one binary: built from source, run without root.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --release --locked --package channelhub --target x86_64-unknown-linux-gnu \
    && cp target/x86_64-unknown-linux-gnu/release/channelhub /channelhub \
    && mkdir -p /var/lib/channelhub

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /channelhub /channelhub
COPY --from=build --chown=65532:65532 /var/lib/channelhub /var/lib/channelhub
USER 65532:65532
WORKDIR /var/lib/channelhub
VOLUME ["/var/lib/channelhub"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["/channelhub", "health", "--config", "/etc/channelhub"]
ENTRYPOINT ["/channelhub"]
CMD ["serve", "--config", "/etc/channelhub"]
