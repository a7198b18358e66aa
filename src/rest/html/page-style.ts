/** The style sheet of the pages that the server writes itself. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #16222e;
  --soft: #4a5b6b;
  --line: #8795a3;
  --paper: #fff;
  --ground: #f3f6f8;
  --main: #0b5c6b;
  --main-ink: #fff;
  --bad: #a3161b;
  --bad-ground: #fdeeee;
  --good: #14603a;
  --good-ground: #eaf6ef;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e9eef2;
    --soft: #b3c0cb;
    --line: #71808d;
    --paper: #17212a;
    --ground: #0f161c;
    --main: #7fd3e0;
    --main-ink: #08252b;
    --bad: #ffb3b3;
    --bad-ground: #3a1517;
    --good: #a5e3c0;
    --good-ground: #10301f;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 1.0625rem/1.5 system-ui, sans-serif;
}
header, main {
  max-width: 44rem;
  margin: 0 auto;
  padding: 1rem;
}
header {
  display: flex;
  flex-wrap: wrap;
  gap: .5rem 1rem;
  justify-content: space-between;
  align-items: center;
  color: var(--soft);
}
header strong {
  color: var(--main);
  font-size: 1.15rem;
}
main {
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: .5rem;
  padding: 1.25rem;
  margin-bottom: 2rem;
  width: calc(100% - 2rem);
}
h1 {
  font-size: 1.5rem;
  line-height: 1.25;
  margin: 0 0 .75rem;
}
h2 {
  font-size: 1.15rem;
  margin: 1.5rem 0 .5rem;
}
a {
  color: var(--main);
}
a:focus-visible, button:focus-visible, input:focus-visible {
  outline: 3px solid var(--main);
  outline-offset: 2px;
}
.button, button {
  display: inline-block;
  min-height: 2.75rem;
  padding: .55rem 1.1rem;
  border: 1px solid var(--main);
  border-radius: .4rem;
  background: var(--main);
  color: var(--main-ink);
  font: inherit;
  font-weight: 600;
  text-decoration: none;
  cursor: pointer;
}
.quiet {
  background: transparent;
  color: var(--main);
}
.notice {
  padding: .75rem 1rem;
  border-left: .35rem solid var(--main);
  background: var(--ground);
  margin: 0 0 1rem;
}
.bad {
  border-color: var(--bad);
  background: var(--bad-ground);
  color: var(--bad);
}
.good {
  border-color: var(--good);
  background: var(--good-ground);
  color: var(--good);
}
dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: .35rem 1rem;
  margin: 0 0 1rem;
}
dt {
  color: var(--soft);
}
dd {
  margin: 0;
  font-weight: 600;
}
.fields {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));
  gap: 1rem;
  margin: 0 0 1.25rem;
}
label {
  display: block;
  font-weight: 600;
}
.hint {
  display: block;
  font-weight: 400;
  color: var(--soft);
  font-size: .95rem;
}
input {
  width: 100%;
  min-height: 2.75rem;
  margin-top: .25rem;
  padding: .5rem .65rem;
  border: 1px solid var(--line);
  border-radius: .4rem;
  background: var(--paper);
  color: var(--ink);
  font: inherit;
}
input[aria-invalid] {
  border: 2px solid var(--bad);
}
.fault {
  display: block;
  color: var(--bad);
  font-weight: 600;
  font-size: .95rem;
}
.slots {
  list-style: none;
  padding: 0;
  margin: 0 0 1rem;
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
  gap: .6rem;
}
.slots .button {
  display: block;
  text-align: center;
}
.actions {
  display: flex;
  flex-wrap: wrap;
  gap: .75rem 1.25rem;
  align-items: center;
  margin: 0;
}
@media (max-width: 30rem) {
  dl {
    grid-template-columns: 1fr;
    gap: 0;
  }
  dd {
    margin-bottom: .5rem;
  }
}
`;
