/** The style sheet of the public pages: that of the other pages of the server, and what only the public sees. */
import { STYLE } from './page-style.ts';

export const PUBLIC_STYLE = `${STYLE}
.urgent {
  margin: 0;
  padding: .75rem 1rem;
  background: var(--bad-ground);
  color: var(--bad);
  text-align: center;
}
.skip {
  position: absolute;
  left: -999rem;
}
.skip:focus {
  position: static;
  display: block;
  padding: .75rem 1rem;
}
footer {
  max-width: 44rem;
  margin: 0 auto 2rem;
  padding: 0 1rem;
  color: var(--soft);
}
nav ul, .cards, .facts {
  list-style: none;
  padding: 0;
  margin: 0 0 1rem;
}
nav ul {
  display: flex;
  flex-wrap: wrap;
  gap: .5rem 1.25rem;
}
nav li a, .cards a:not(.button), .times a {
  display: inline-block;
  padding: .35rem 0;
}
.cards > li {
  border-top: 1px solid var(--line);
  padding: .75rem 0;
}
.cards h2, .cards h3 {
  margin: 0 0 .25rem;
}
.cards p {
  margin: 0 0 .35rem;
}
select, textarea {
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
fieldset {
  border: 1px solid var(--line);
  border-radius: .4rem;
  margin: 0 0 1rem;
}
legend {
  font-weight: 600;
}
input[type=checkbox], input[type=radio] {
  width: 1.25rem;
  min-height: 1.25rem;
  margin: 0 .5rem 0 0;
  vertical-align: middle;
}
.slots {
  grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr));
}
.slots .button {
  width: 100%;
  padding-inline: .5rem;
}
.trap {
  position: absolute;
  left: -999rem;
}
.soft {
  color: var(--soft);
}
.slots .button {
  width: 100%;
}
select:focus-visible, textarea:focus-visible, summary:focus-visible {
  outline: 3px solid var(--main);
  outline-offset: 2px;
}
main, footer, header {
  overflow-wrap: anywhere;
}
@media (forced-colors: active) {
  .button, button {
    border: 1px solid;
  }
}
@media print {
  .button, button, nav, form {
    display: none;
  }
}
`;
