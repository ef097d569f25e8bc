# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin chartroom && \
    cp target/release/chartroom /usr/local/bin/chartroom

FROM debian:bookworm-slim
RUN apt-get update && \
    apt-get install -y --no-install-recommends ca-certificates && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --system --uid 10001 --home-dir /var/lib/chartroom --create-home chartroom && \
    chmod 0700 /var/lib/chartroom
COPY --from=build /usr/local/bin/chartroom /usr/local/bin/chartroom

# The database is not in the image: give DATABASE_URL. Generated secrets and files go to the
# volume. Within the container the server listens on all addresses; what is published is up to
# `docker run --publish`. The operations listener stays on the container's own loopback.
ENV CHARTROOM_BIND=0.0.0.0:8080 \
    CHARTROOM_ADMIN_BIND=127.0.0.1:8081 \
    CHARTROOM_DATA_DIR=/var/lib/chartroom
USER chartroom
VOLUME /var/lib/chartroom
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8081 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ code _ <&3 && [ \"$code\" = 200 ]"]
ENTRYPOINT ["chartroom"]
CMD ["serve"]
