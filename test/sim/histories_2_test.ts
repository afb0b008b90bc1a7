/** @module */
import { playPart } from "./histories.ts";

playPart(1);
