/** Ends a validation that takes the processor for too long: nobody else is served meanwhile. */
import { BUDGETS, spend } from '../../fhir/budgets.ts';

/** The clock of the processor is read once for so many elements. */
const EVERY = 25;

/** Throws `too-costly` (400) once the process has computed for longer than the budget since this call. */
export function processorBudget(): () => void {
  const start = process.cpuUsage();
  let calls = 0;
  return () => {
    if (++calls % EVERY !== 0) return;
    const { user, system } = process.cpuUsage(start);
    const ms = Math.floor((user + system) / 1000);
    if (ms > BUDGETS.validationMs.most) spend('validationMs', ms);
  };
}
