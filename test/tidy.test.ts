/** The house rules that a program can check. One file per subject, in `test/tidy/`. */
import './tidy/casts.ts';
import './tidy/circles.ts';
import './tidy/commits.ts';
import './tidy/documentation.ts';
import './tidy/files.ts';
import './tidy/packages.ts';
import './tidy/prose.ts';
import './tidy/rooms.ts';
import './tidy/tables.ts';
import './tidy/words.ts';
