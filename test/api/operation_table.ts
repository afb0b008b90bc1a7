/** The table of operations without a server: to read what they are, none of them can run. @module */
import { publicServices } from "../../core/api/public_services.ts";
import type { Engine } from "../../core/engine/engine.ts";
import type { Integrations } from "../../core/engine/integration_setup.ts";

// because the table is read and no operation of it is run, it needs no engine and no plugins
const NO_ENGINE = {} as Engine;
const NO_INTEGRATIONS = {} as Integrations; // because of the same

export const PUBLIC_SERVICES = publicServices(NO_ENGINE, NO_INTEGRATIONS);
