# dialogues: Rasa, its actions, and what publishes new versions of them. Rasa needs Python 3.10, and what starts it is our
# own code on 3.11, so both are here.
# Build from the repository's root.
FROM python:3.10-slim-bookworm AS python310

FROM python:3.11-slim-bookworm AS base
# Both images install into /usr/local under names that carry the version.
COPY --from=python310 /usr/local/lib/python3.10 /usr/local/lib/python3.10
COPY --from=python310 /usr/local/lib/libpython3.10.so.1.0 /usr/local/lib/libpython3.10.so.1.0
COPY --from=python310 /usr/local/bin/python3.10 /usr/local/bin/python3.10
RUN ldconfig \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin voicebot \
    && install -d -o voicebot -g voicebot -m 0750 \
       /var/lib/voicebot /var/lib/voicebot/run /var/lib/voicebot/council
WORKDIR /app

FROM base AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --no-default-groups --extra postgres --no-install-project
COPY voicebot voicebot
COPY audio_models audio_models
RUN uv sync --locked --no-default-groups --extra postgres
# Rasa's environment depends on its lock alone, so a change of the dialogue does not install it again.
COPY dialogues/environment/requirements.lock dialogues/environment/requirements.lock
ENV PATH=/app/.venv/bin:$PATH VOICEBOT_DATA=/var/lib/voicebot HOME=/tmp
RUN voicebot dialogue env
COPY dialogues dialogues
# A new volume starts with this model; one from an earlier release is trained again at its first start.
RUN voicebot dialogue train

FROM base
COPY --from=build /app /app
COPY --from=build --chown=10001:10001 /var/lib/voicebot /var/lib/voicebot
# What is published is written here: the volume over it begins as this copy, and belongs to who may write.
COPY --chown=10001:10001 dialogues dialogues
COPY docker/health.py docker/health.py
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    VOICEBOT_DATA=/var/lib/voicebot
USER 10001:10001
ENTRYPOINT ["voicebot"]
CMD ["--help"]
