/**
 * How the page looks: on a desk, on a phone, in the dark, on paper. The colours of the families are those of Okabe and Ito
 * (https://jfly.uni-koeln.de/color/), which stay apart for the colour-blind; in the dark they are lighter. The sizes of
 * drawings and the width at which they change are such that no text in them is smaller than 12 px.
 */
export const STYLE: string = `
:root{color-scheme:light dark;
--page:#eef1f5;--card:#fff;--ink:#16202c;--ink-2:#4c5a6b;--line:#dfe4ea;--line-2:#b4becb;--tint:#f4f6f9;
--good:#0b6b3a;--good-tint:#e0f3e7;--bad:#a8201a;--bad-tint:#fce6e3;--open:#7a5200;--open-tint:#fdf0d2;--accent:#0067a8;
--weights:#0072b2;--on-weights:#fff;--cache:#e69f00;--on-cache:#1c1300;--working:#009e73;--on-working:#00130d;
--engine:#cc79a7;--on-engine:#1d0412;--host:#56b4e9;--on-host:#03141f;--padding:#9aa4b0;--on-padding:#0d1217}
@media (prefers-color-scheme:dark){:root{
--page:#0e131a;--card:#171e27;--ink:#e8edf3;--ink-2:#a4b1c0;--line:#2a3441;--line-2:#4a586a;--tint:#1e2732;
--good:#6fdc9c;--good-tint:#12342a;--bad:#ff9c92;--bad-tint:#431d1c;--open:#f5c563;--open-tint:#3a2d10;--accent:#6cbdf2;
--weights:#3b9bdc;--on-weights:#03111c;--cache:#f0b429;--working:#22b98d;--engine:#d98fb8;--host:#8accf2;--padding:#6f7b89;--on-padding:#fff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
main,footer{max-width:880px;margin:0 auto;padding:0 12px}
main{padding-top:12px}
section,header{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px 12px;margin:0 0 14px}
h1,dd,li,.verdict{overflow-wrap:anywhere}
h1{font-size:15px;line-height:1.35;margin:0;font-weight:600}
h2{font-size:18px;line-height:1.3;margin:0 0 4px;letter-spacing:-.01em}
h3{font-size:15px;margin:20px 0 6px}
p{margin:0 0 10px}
.muted,.lead{color:var(--ink-2)}
.lead{margin:0 0 14px;font-size:14px}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.93em}
.facts{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;margin:2px 0 0;padding:0;color:var(--ink-2);font-size:14px}
.chips{list-style:none;display:flex;flex-wrap:wrap;gap:6px;margin:14px 0 0;padding:0;font-size:13px}
.chips li{background:var(--tint);border:1px solid var(--line);border-radius:999px;padding:2px 10px}
.chips b{font-weight:600}
.verdict{display:flex;gap:14px;align-items:center;border-radius:12px;padding:14px;margin:14px 0 0;background:var(--tint);color:var(--ink)}
.verdict.fits{background:var(--good-tint);color:var(--good)}
.verdict.too-large{background:var(--bad-tint);color:var(--bad)}
.verdict.unknown{background:var(--open-tint);color:var(--open)}
.verdict .sign{flex:none;width:44px;height:44px;border-radius:50%;display:grid;place-items:center;font-size:24px;font-weight:700;border:2px solid currentColor}
.verdict strong{display:block;font-size:22px;line-height:1.2;letter-spacing:-.02em}
.verdict strong::first-letter{text-transform:uppercase}
.verdict span span{font-size:15px}
.tiles{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:8px;margin:12px 0 0}
.tiles div{border:1px solid var(--line);border-radius:10px;padding:8px 10px}
.tiles dt{font-size:13px;color:var(--ink-2)}
.tiles dd{margin:0;font-size:17px;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.tiles small,.answers small{display:block;font-size:12.5px;font-weight:400;color:var(--ink-2);letter-spacing:0}
.answers{display:grid;gap:8px;margin:10px 0 0}
.answers div{border-left:3px solid var(--accent);padding:2px 0 2px 10px}
.answers dt{font-size:13px;color:var(--ink-2)}
.answers dd{margin:0;font-weight:650;font-size:17px}
.drawing{margin:6px 0 4px}
.drawing svg{display:block;width:100%;height:auto;max-width:440px;margin:0 auto;overflow:visible;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.drawing .wide{display:none}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;margin:4px 0 14px;padding:0;font-size:13.5px}
.kinds{margin:12px 0 0;color:var(--ink-2);font-size:13px;gap:2px 16px}
.legend b{font-variant-numeric:tabular-nums;font-weight:600}
.swatch{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px;vertical-align:-1px;background:var(--c);-webkit-print-color-adjust:exact;print-color-adjust:exact}
.c-weights{--c:var(--weights)}.c-cache{--c:var(--cache)}.c-working{--c:var(--working)}.c-engine{--c:var(--engine)}.c-host{--c:var(--host)}.c-padding{--c:var(--padding)}
.scroll{position:relative;overflow-x:auto;margin:0 -12px;padding:0 12px;-webkit-overflow-scrolling:touch}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--ink-2);font-size:13.5px;padding:0 0 6px}
caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 52px)}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:13px;font-weight:600;color:var(--ink-2);border-bottom-color:var(--line-2);white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:500;min-width:8.5em}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.text{min-width:13em}
tr.sum>*{font-weight:650;border-top:2px solid var(--line-2)}
tr.part>*{color:var(--ink-2)}
tr.part th{padding-left:18px}
.kind{white-space:nowrap}
.kind::before{display:inline-block;width:1.3em;color:var(--ink-2)}
.kind.exact::before{content:"="}.kind.measured::before{content:"◉"}.kind.estimated::before{content:"≈"}
.share{display:flex;align-items:center;gap:8px;white-space:nowrap;font-variant-numeric:tabular-nums}
.share>span:first-child{min-width:4em;text-align:right}
.bar{display:block;flex:1;min-width:64px;height:9px;border-radius:3px;margin:6px 0;background:var(--tint);overflow:hidden;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.bar i{display:block;height:100%;border-radius:3px;background:var(--c,var(--accent))}
.bar.over i{background:var(--bad)}
.state{font-weight:650;white-space:nowrap}
.state.fits{color:var(--good)}.state.misses{color:var(--bad)}
.grid{border-collapse:separate;border-spacing:3px}
.grid th,.grid td{border:0;padding:6px 8px}
.grid tr>:first-child{padding-left:0}
.grid tbody th{white-space:nowrap;position:sticky;left:0;background:var(--card);box-shadow:-15px 0 0 var(--card);min-width:0;font-weight:600;z-index:1}
.grid tbody th small{display:block;font-weight:400;color:var(--ink-2);font-size:12.5px}
.grid td{border-radius:7px;background:var(--tint)}
.grid td.fits{background:var(--good-tint);color:var(--good);font-weight:600}
.grid td.misses{background:var(--bad-tint);color:var(--bad)}
.grid td.asked{outline:2.5px solid var(--ink);outline-offset:-1px}
.grid th.asked{color:var(--ink);text-decoration:underline;text-underline-offset:4px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.notes{margin:0;padding-left:20px}
.notes li{margin:0 0 4px}
details{margin:12px 0 0}
summary{cursor:pointer;color:var(--accent);font-weight:600;padding:6px 0}
footer{color:var(--ink-2);font-size:13px;padding-bottom:32px}
@media (min-width:800px){
main{padding-top:28px}
main,footer{padding-left:20px;padding-right:20px}
section,header{padding:24px 28px;margin-bottom:18px}
h1{font-size:17px}h2{font-size:20px}
.verdict{padding:18px 20px}.verdict strong{font-size:32px}.verdict .sign{width:54px;height:54px;font-size:30px}
.tiles{grid-template-columns:repeat(4,minmax(0,1fr))}
.tiles dd{font-size:18px}
.answers{grid-template-columns:repeat(2,minmax(0,1fr));gap:12px 24px}
.drawing svg{max-width:none}
.drawing .wide{display:block}.drawing .narrow{display:none}
.scroll{margin:0 -28px;padding:0 28px}
caption span{max-width:100%}
.grid tbody th{box-shadow:-31px 0 0 var(--card)}
}
@media print{
:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--ink-2:#3a3a3a;--line:#ccc;--line-2:#888;--tint:#fff;
--good:#0b6b3a;--good-tint:#fff;--bad:#a8201a;--bad-tint:#fff;--open:#7a5200;--open-tint:#fff;--accent:#0067a8;
--weights:#0072b2;--on-weights:#fff;--cache:#e69f00;--on-cache:#1c1300;--working:#009e73;--engine:#cc79a7;--host:#56b4e9;--padding:#9aa4b0;--on-padding:#000}
@page{margin:14mm}
body{font-size:10pt}
main,footer{max-width:none;padding:0}
section,header{border:0;border-radius:0;padding:0;margin:0 0 16pt}
.drawing,.lead,tr,.verdict,.tiles,.answers div{break-inside:avoid}
h2,h3,.lead,caption{break-after:avoid}
thead{display:table-header-group}
.verdict{border:1.5pt solid currentColor}
.tiles{grid-template-columns:repeat(4,minmax(0,1fr))}
.drawing svg{max-width:none;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.drawing .wide{display:block}.drawing .narrow{display:none}
.scroll{overflow:visible;margin:0;padding:0}
table{font-size:8.5pt}
th,td{padding-top:3pt;padding-bottom:3pt}
.grid th,.grid td{padding:3pt 4pt}
.grid tbody th{position:static;box-shadow:none}
.grid td{border:.5pt solid #ccc}
.bar{border:.5pt solid #ccc}
td.text{min-width:0}
tbody th{min-width:0}
details:not([open]){display:none}
.grid{break-inside:avoid}
.answers{grid-template-columns:repeat(2,minmax(0,1fr));gap:8pt 16pt}
}
`
  .trim()
  .replaceAll('\n', '');
