"""How the page looks: light or dark as the reader's system is, on a telephone and on a wide screen."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --faint: #555; --paper: #fff; --line: #e6e6e6; --strong: #999;
  --block: #f4f4f4; --link: #00578a; --good: #00734f; --bad: #a84300; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: var(--ink); background: var(--paper);
  overflow-wrap: anywhere; font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans",
  "Liberation Sans", Arial, sans-serif; }
h1 { margin: 0; font-size: 1.8rem; line-height: 1.25; }
h2 { margin: 2.5rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.25rem; }
header p { margin: .25rem 0 0; color: var(--faint); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-top: 1rem; font-size: .9rem; }
a { color: var(--link); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; font-size: .9rem; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: break-word; }
td { min-width: 3rem; max-width: 20rem; }
td:first-child { min-width: 5rem; }
.stacking td { max-width: 12rem; }
.stacking td.long { max-width: none; min-width: 14rem; }
th { border-bottom-color: var(--strong); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { white-space: normal; }
.passage { overflow-wrap: anywhere; white-space: pre-wrap; }
mark { padding: 0 .1em; border-radius: 2px; color: inherit; background: var(--block); }
mark.right { border-bottom: 2px solid var(--good); }
mark.given { border-top: 2px dashed var(--bad); }
.verdict { padding: .25rem 1rem; border-left: .3rem solid var(--strong); border-radius: 4px; background: var(--block); }
.verdict.good { border-color: var(--good); }
.verdict.bad { border-color: var(--bad); }
summary { cursor: pointer; }
figure { margin: .75rem 0; }
.chart { overflow-x: auto; }
figure img { max-width: max(100%, 34rem); height: auto; }
figcaption { color: var(--faint); font-size: .9rem; }
pre { margin: .5rem 0; padding: .75rem; overflow-x: auto; border-radius: 4px; background: var(--block);
  font-size: .85rem; overflow-wrap: normal; }
@media (max-width: 40rem) {
  body { padding: 1rem; }
  h1 { font-size: 1.4rem; }
  td:first-child { max-width: 11rem; }
  .number { white-space: normal; }
  /* There is no room for columns: each cell has a line of its own, with the name of its column. */
  .stacking thead { display: none; }
  .stacking, .stacking tbody, .stacking tr, .stacking td { display: block; }
  .stacking tr { padding: .5rem 0; border-bottom: 1px solid var(--strong); }
  .stacking td, .stacking td:first-child, .stacking td.long { max-width: none; min-width: 0; padding: .1rem 0;
    border: 0; text-align: left; }
  .stacking td:first-child { font-weight: 600; }
  .stacking td[data-column]::before { font-weight: 400; content: attr(data-column) ": "; color: var(--faint); }
  .stacking td.long::before { display: block; }
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e4; --faint: #a8a8a8; --paper: #161616; --line: #333; --strong: #777; --block: #232323;
    --link: #6cb8ee; --good: #2fae83; --bad: #e0803c; }
  /* Charts are drawn on white. Turned around, and their hues turned back, they are as dark as the page. */
  figure img { filter: invert(.91) hue-rotate(180deg); }
}
@media print { nav { display: none; } section { break-inside: avoid-page; } }
"""
