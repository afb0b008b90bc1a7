/** Spec 1.4 row by row, each from both sides of its bound. @module */
import { NAMING_RULES } from "./validation/names.ts";
import { testRules } from "./validation/rule.ts";
import { SETTING_RULES } from "./validation/settings.ts";

testRules([...NAMING_RULES, ...SETTING_RULES]);
