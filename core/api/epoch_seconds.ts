/** Times on the wire: numbers of seconds since the epoch, with a fraction (trap 36). @module */

/** Milliseconds as the API's seconds; undefined stays so, and is left out of the answer. */
export function epochSeconds<Time extends number | undefined>(milliseconds: Time): Time {
  // because a number divided is a number, and undefined goes through as it is
  return (milliseconds === undefined ? undefined : milliseconds / 1000) as Time;
}
