import { test } from "node:test";
import assert from "node:assert/strict";
import { asFailure } from "../../core/cli/api_failure.ts";
import { renderReport } from "../../core/cli/failure.ts";
import { UnreachableError } from "../../core/wire/aws_json.ts";

const coded = (code: string, message: string) => Object.assign(new TypeError(message), { code });
const rustls = (text: string) =>
  new TypeError("fetch failed", { cause: new Error(`invalid peer certificate: ${text}`) });

/** What a failed fetch carries in the binary (OpenSSL's codes) and under Deno (rustls' words). */
const faults: [cause: Error, says: RegExp, next: RegExp][] = [
  [coded("DEPTH_ZERO_SELF_SIGNED_CERT", "self signed"), /is self signed/, /NODE_EXTRA_CA_CERTS=/],
  [
    coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"),
    /is of an unknown issuer/,
    /NODE_EXTRA_CA_CERTS=FILE/,
  ],
  [
    coded("SELF_SIGNED_CERT_IN_CHAIN", "self signed certificate in chain"),
    /is of an unknown issuer/,
    /NODE_EXTRA_CA_CERTS=FILE/,
  ],
  [
    coded("ERR_TLS_CERT_ALTNAME_INVALID", "ERR_TLS_CERT_ALTNAME_INVALID fetching"),
    /is for another host name/,
    /use an address that the certificate names/,
  ],
  [coded("CERT_HAS_EXPIRED", "certificate has expired"), /has expired/, /--tls-cert/],
  [rustls("Other(OtherError(CaUsedAsEndEntity))"), /is self signed/, /NODE_EXTRA_CA_CERTS=FILE/],
  [rustls("UnknownIssuer"), /is of an unknown issuer/, /NODE_EXTRA_CA_CERTS=FILE/],
  [
    rustls('certificate not valid for name "127.0.0.1"'),
    /is for another host name/,
    /use an address that the certificate names/,
  ],
];
for (const [cause, says, next] of faults) {
  test(`an untrusted certificate is named: ${cause.cause ?? cause.message}`, () => {
    const { report } = asFailure(new UnreachableError("https://h:1", cause));
    assert.equal(report.exitCode, 8);
    assert.match(renderReport(report), /^The server is not trusted: its certificate /);
    assert.match(report.cause, says);
    assert.match(report.next.join("\n"), next);
  });
}

test("a server that does not answer is not blamed on a certificate", () => {
  const { report } = asFailure(new UnreachableError("https://h:1", coded("ECONNREFUSED", "no")));
  assert.equal(report.cause, "The server cannot be reached");
  assert.match(report.next.join("\n"), /check the address/);
});
