# The one way in to the dialogue: Rasa listens on loopback, and this passes its one port on to the private network.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends socat \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001
ENTRYPOINT ["socat"]
CMD ["-V"]
