# media, speech and web: our own code. Build from the repository's root.
FROM node:24-bookworm-slim AS pages
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --silent
COPY frontend ./
RUN npm run --silent build

FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
# The dependencies alone first, so that a change of our code does not fetch them again.
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --no-default-groups --extra postgres --no-install-project
COPY voicebot voicebot
COPY audio_models audio_models
COPY --from=pages /app/voicebot/web/static voicebot/web/static
RUN uv sync --locked --no-default-groups --extra postgres

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin voicebot \
    && install -d -o voicebot -g voicebot -m 0750 \
       /var/lib/voicebot /var/lib/voicebot/run /var/lib/voicebot/log /var/lib/voicebot/models \
       /var/lib/voicebot/council
WORKDIR /app
COPY --from=build /app /app
# The volume over it is the dialogue container's to write, whichever of the two starts first.
COPY --chown=10001:10001 dialogues dialogues
COPY docker/health.py docker/health.py
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    VOICEBOT_DATA=/var/lib/voicebot \
    VOICEBOT_MODELS=/var/lib/voicebot/models
USER 10001:10001
ENTRYPOINT ["voicebot"]
CMD ["--help"]
