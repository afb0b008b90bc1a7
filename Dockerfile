# The server in an image of its own: one binary on a plain Debian.
#
#   docker build -t runtime .
#   docker run -p 8080:8080 -v runtime-data:/data runtime
#
# The first start prints the admin key; RUNTIME_ADMIN_ACCESS_KEY_ID and RUNTIME_ADMIN_SECRET_ACCESS_KEY
# preset it. The same image runs an agent or any other verb: docker run runtime help

FROM node:22-bookworm-slim AS build
WORKDIR /source
# The packages change more seldom than the source, so they are a layer of their own.
COPY deno.json deno.lock ./
RUN npx --yes deno install
COPY . .
RUN npx --yes deno task build

FROM debian:stable-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin runtime \
  && install -d -o runtime -g runtime -m 0700 /data
COPY --from=build /source/dist/runtime /usr/local/bin/runtime
USER runtime
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/runtime"]
CMD ["server", "--listen", "0.0.0.0:8080", "--data", "/data"]
