# The one way in to the dialogue: Rasa listens on loopback, and this passes its ports on to the private network.
# Build from the repository's root.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends socat \
    && rm -rf /var/lib/apt/lists/*
COPY docker/door.sh /usr/local/bin/door.sh
USER 10001:10001
ENTRYPOINT ["door.sh"]
CMD ["5006:5005"]
