namespace Farsight.Alignment.Inspection;

/// <summary>Holds the style sheet of the page, light or dark by the reader's preference.</summary>
static class DatasetPageStyle
{
    internal const string Css = """
        :root {
          color-scheme: light dark;
          --ink: #1d2329; --soft: #5b6670; --faint: #dde3e8; --page: #f6f8f9; --card: #ffffff; --good: #1f7a3d; --bad: #b3372a;
          --relevant: #1f8a5b; --partial: #b98300; --irrelevant: #74818c; --mark: #fff0a8; --missing: #fbd5cf;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e6eaee; --soft: #9aa6b1; --faint: #303941; --page: #14181c; --card: #1b2126; --good: #7fd49a; --bad: #f09a8e;
            --relevant: #4fbf8c; --partial: #dcae3c; --irrelevant: #94a0aa; --mark: #5c5212; --missing: #6b2a22;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
        main { max-width: 980px; margin: 0 auto; padding: 40px 24px 72px; }
        h1 { font-size: 1.8rem; margin: 0 0 8px; overflow-wrap: anywhere; }
        h2 { font-size: 1.15rem; margin: 0 0 12px; overflow-wrap: anywhere; white-space: pre-wrap; }
        h3 { font-size: 0.85rem; margin: 0 0 2px; font-weight: 650; }
        .lead, .note, .id, h3 span, summary { color: var(--soft); } .lead { margin: 0; } .note { margin: 20px 0; } h3 span { font-weight: 400; margin-left: 8px; }
        .headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 24px 0; }
        .headlines div { background: var(--card); border: 1px solid var(--faint); border-radius: 10px; padding: 10px 14px; font-size: 0.85rem; color: var(--soft); }
        .headlines span { display: block; font-size: 1.5rem; font-weight: 650; color: var(--ink); font-variant-numeric: tabular-nums; }
        .legend { display: flex; flex-wrap: wrap; gap: 6px 20px; list-style: none; padding: 0; margin: 0 0 24px; font-size: 0.88rem; color: var(--soft); }
        .legend li { display: flex; align-items: center; gap: 7px; } .legend i { width: 14px; height: 14px; border-radius: 4px; }
        i.relevant, .strip .relevant i { background: var(--relevant); } i.partial, .strip .partial i { background: var(--partial); } i.irrelevant, .strip .irrelevant i { background: var(--irrelevant); }
        mark { background: var(--mark); color: inherit; border-radius: 3px; padding: 0 2px; }
        u { text-decoration: underline solid var(--relevant) 2px; text-underline-offset: 3px; }
        b.missing { background: var(--missing); font-weight: inherit; border-radius: 3px; padding: 0 2px; }
        .sample { background: var(--card); border: 1px solid var(--faint); border-radius: 12px; padding: 18px 22px 20px; margin-bottom: 22px; }
        .id { font-size: 0.82rem; margin: 0 0 4px; overflow-wrap: anywhere; }
        .response { border-left: 4px solid var(--faint); padding: 2px 0 2px 14px; margin: 10px 0; }
        .response.chosen { border-color: var(--good); } .response.chosen h3 { color: var(--good); }
        .response.rejected { border-color: var(--bad); } .response.rejected h3 { color: var(--bad); }
        .response p, .chunk p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        h3 a { display: inline-block; min-width: 1.6em; padding: 0 4px; text-align: center; border-radius: 5px; color: var(--card); text-decoration: none; font-size: 0.78rem; font-variant-numeric: tabular-nums; }
        a.relevant { background: var(--relevant); } a.partial { background: var(--partial); } a.irrelevant { background: var(--irrelevant); }
        .fault { background: var(--bad); color: var(--card); border-radius: 5px; padding: 1px 7px; font-size: 0.76rem; font-weight: 600; margin-left: 6px; }
        .judge { color: var(--soft); font-style: italic; margin: 8px 0; }
        .strip { display: flex; gap: 3px; height: 34px; margin: 16px 0 10px; }
        .strip a { flex: 1; background: var(--faint); border-radius: 4px; display: flex; align-items: flex-end; overflow: hidden; } .strip i { width: 100%; min-height: 3px; }
        .chunk { border-left: 4px solid var(--faint); padding: 1px 0 1px 14px; margin: 4px 0; font-size: 0.92rem; }
        .chunk.relevant { border-color: var(--relevant); } .chunk.partial { border-color: var(--partial); } .chunk.irrelevant { border-color: var(--irrelevant); }
        summary { cursor: pointer; font-size: 0.84rem; overflow-wrap: anywhere; } details:target { outline: 2px solid var(--mark); }
        @media (max-width: 600px) { main { padding: 24px 12px 48px; } .sample { padding: 14px; } }
        @media print { body { background: #fff; } .sample { break-inside: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        """;
}
