/** Loaded before the program (`node --import`): its clock is off by `CHAOS_SKEW_MS`. */
const Real = Date;
const skewMs = Number(process.env.CHAOS_SKEW_MS ?? 0);

globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + skewMs);
    else super(...parts);
  }

  static now() {
    return Real.now() + skewMs;
  }
};
