/** `docs/api_operations.md` from the table of operations, so that it says what is there. @module */
import { COMMON_ERRORS } from "../../core/domain/errors.ts";
import { descriptionsOf } from "../../core/api/operations/describe_operations.ts";
import type { PublicService } from "../../core/api/public_services.ts";
import { describeBody } from "../../core/cli/operation_text.ts";
import type { OperationDescription } from "../../core/wire/runtime_api.ts";

export const PAGE = "docs/api_operations.md";

const HEAD = `# API operations

<!-- Written by \`deno task docs\` from the table of operations; change that, not this page. -->

Every operation with the least role whose keys may call it, the members of its input and output, and
the exceptions of its own. \`*\` marks a member of an input that must be given, and one of an output
that is always there; members of a structure stand indented below it. The same is told by the server
itself: \`runtime api\` lists the operations, \`runtime api CreateDeployment --members\` shows one.

Requests are AWS JSON 1.1, signed for \`codedeploy\`, with \`X-Amz-Target\` naming service and
operation. How they differ from Amazon's: [AWS compatibility](aws_compatibility.md).
`;

export function operationsPage(services: readonly PublicService[]): string {
  const common = COMMON_ERRORS.map((error) => `- \`${error}\`\n`).join("");
  return `${HEAD}
Any operation may also answer:

${common}${services.map(serviceText).join("")}`;
}

function serviceText(service: PublicService): string {
  const title = service.targetPrefix.replace(/\.$/, "");
  return `\n## ${title}\n${descriptionsOf(service).map(operationText).join("")}`;
}

function operationText(operation: OperationDescription): string {
  return `\n### ${operation.name}

Role: ${operation.role}

\`\`\`text
${describeBody(operation)}\`\`\`
`;
}
