/** A real nginx before real applications, as whoever runs the test. @module */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { answers } from "./haproxy_process.ts";
import { type Backend, balancer, freePort } from "./programs.ts";

/** Hosts that are `out` get no traffic until somebody lets them in. */
export async function startNginx(
  folder: string,
  backends: readonly Pick<Backend, "host" | "port">[],
  out: readonly string[] = [],
) {
  const port = await freePort();
  const file = join(folder, "shop.servers");
  const [head, ...rest] = backends.map(({ port }) => `server 127.0.0.1:${port}`);
  // Lines as people write them.
  const plain = rest.map((line, at) =>
    `${line} max_fails=0${out.includes(backends[at + 1]?.host.name ?? "") ? " down" : ""};\n`
  );
  writeFileSync(file, `# hosts\n  ${head}   weight=1 max_fails=0;\n${plain.join("")}`);
  // Nothing is tried again: what the balancer did wrong shall be seen.
  const command = nginxConfiguration(
    folder,
    `upstream shop {
  include ${file};
}
server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass http://shop;
    proxy_next_upstream off;
  }
}
`,
  );
  const running = await balancer([...command, "-g", "daemon off;"], () => answers(port));
  return {
    port,
    file,
    configuration: join(folder, "nginx.conf"),
    config: {
      file,
      pidFile: join(folder, "nginx.pid"),
      server: "{tag:address}",
      test: [...command, "-t"],
      reload: [...command, "-s", "reload"],
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** Writes a configuration that keeps to the folder, with what is inside of `http`; answers nginx's command. */
export function nginxConfiguration(folder: string, http: string): string[] {
  const [file, log] = [join(folder, "nginx.conf"), join(folder, "error.log")];
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) =>
    `${of}_temp_path ${join(folder, of)};\n`
  );
  writeFileSync(
    file,
    `${process.getuid?.() === 0 ? "user root root;" : ""}
worker_processes 2;
pid ${join(folder, "nginx.pid")};
error_log ${log};
events {}
http {
access_log off;
${temporary.join("")}${http}}
`,
  );
  return ["nginx", "-c", file, "-e", log];
}
