/**
 * Why the server's certificate was refused, and what to do about it: the runtimes name such a fault
 * by an OpenSSL code or a sentence of rustls, deep in the cause of a failed fetch.
 * @module
 */

export interface CertificateFault {
  /** What is wrong with the certificate, as the end of "the certificate …". */
  what: string;
  /** What a person does about it. */
  next: string;
}

const TRUST_IT = "set NODE_EXTRA_CA_CERTS=FILE to the PEM file of ";

const FAULTS: readonly (readonly [pattern: RegExp, fault: CertificateFault])[] = [
  // A root that is sent along is self signed as well, but it is the leaf's issuer that is unknown.
  [
    /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF|GET_ISSUER)|UnknownIssuer/,
    { what: "is of an unknown issuer", next: `${TRUST_IT}the authority that signed it` },
  ],
  [
    /DEPTH_ZERO_SELF_SIGNED_CERT|CaUsedAsEndEntity/,
    { what: "is self signed", next: `${TRUST_IT}this certificate` },
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|not valid for name|NotValidForName/,
    {
      what: "is for another host name than the one in the address",
      next: "use an address that the certificate names, or give the server one for this name",
    },
  ],
  [
    /CERT_HAS_EXPIRED|certificate expired|InvalidCertificate\(Expired/,
    { what: "has expired", next: "give the server a new certificate (--tls-cert) and restart it" },
  ],
];

/** Deeper than any runtime nests its causes. */
const MOST_CAUSES = 8;

/** The fault of the certificate that made a call fail; undefined when it failed otherwise. */
export function certificateFault(error: unknown): CertificateFault | undefined {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < MOST_CAUSES; depth++) {
    const code = "code" in cause ? String(cause.code) : "";
    const said = `${code} ${cause.message}`;
    const found = FAULTS.find(([pattern]) => pattern.test(said));
    if (found !== undefined) return found[1];
    cause = cause.cause;
  }
  return undefined;
}
