namespace Farsight.Evaluation.Report;

/// <summary>Provides the report's style sheet: light and dark by the reader's preference, and for print.</summary>
static class ReportStyle
{
    internal const string Css = """
        :root {
          color-scheme: light dark;
          --ink: #1d2329; --soft: #5b6670; --faint: #dde3e8; --edge: #98a4ae; --page: #fbfcfd; --card: #ffffff;
          --good: #1f7a3d; --bad: #b3372a;
          --c0: #6b7680; --c1: #1769aa; --c2: #c2501a; --c3: #1f8a5b; --c4: #8a3ea8; --c5: #a67c00; --c6: #b3326a; --c7: #2a8c99;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e6eaee; --soft: #9aa6b1; --faint: #303941; --edge: #75828d; --page: #14181c; --card: #1b2126;
            --good: #7fd49a; --bad: #f09a8e;
            --c0: #a3adb6; --c1: #6db3f2; --c2: #f2955c; --c3: #63cf9e; --c4: #cf94e6; --c5: #e0bb4b; --c6: #f08cb8; --c7: #6fd0dc;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; overflow-wrap: anywhere; background: var(--page); color: var(--ink);
          font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 72px; }
        h1 { font-size: 2.1rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 12px; text-wrap: balance; }
        h2 { font-size: 1.35rem; letter-spacing: -0.01em; margin: 56px 0 4px; }
        h3 { font-size: 1rem; margin: 0 0 8px; }
        .lead { font-size: 1.1rem; color: var(--soft); max-width: 46rem; margin: 0; }
        .note { color: var(--soft); font-size: 0.92rem; max-width: 46rem; margin: 0 0 18px; }
        .headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(180px, 45%), 1fr)); gap: 14px;
          margin-top: 32px; }
        .headlines div, figure, .sample { background: var(--card); border: 1px solid var(--faint); border-radius: 12px; }
        .headlines div { padding: 16px 20px 18px; }
        .headlines .value { display: block; font-size: 1.7rem; line-height: 1.2; white-space: nowrap; font-weight: 650;
          font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
        .headlines .label { display: block; font-weight: 600; }
        .headlines .small { display: block; color: var(--soft); font-size: 0.86rem; line-height: 1.4; margin-top: 4px; }
        .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); gap: 14px; }
        figure { margin: 0; padding: 16px 18px 12px; min-width: 0; break-inside: avoid; }
        figcaption { font-weight: 600; margin-bottom: 8px; }
        svg { display: block; max-width: 100%; height: auto; overflow: visible; }
        svg text { font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; fill: var(--soft);
          font-variant-numeric: tabular-nums; }
        svg .end { text-anchor: end; } svg .mid { text-anchor: middle; }
        svg text.cell { text-anchor: middle; font-size: 14px; font-weight: 600; fill: #20262b; }
        svg .chance { stroke: var(--soft); stroke-dasharray: 1 4; stroke-linecap: round; stroke-width: 1.6; }
        svg line.mark { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 3 3; } svg text.mark { fill: var(--bad);
          paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
        svg .grid { stroke: var(--faint); } svg .base { stroke: var(--soft); }
        svg polyline { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
        svg polygon { fill: currentColor; opacity: 0.14; }
        svg polyline.raw { stroke-width: 1; stroke-dasharray: none; opacity: 0.28; }
        svg circle { fill: currentColor; stroke: var(--card); stroke-width: 1.5; }
        svg .whisker { stroke: currentColor; stroke-width: 1.2; opacity: 0.6; }
        .s0 { color: var(--c0); } .s1 { color: var(--c1); } .s2 { color: var(--c2); } .s3 { color: var(--c3); }
        .s4 { color: var(--c4); } .s5 { color: var(--c5); } .s6 { color: var(--c6); } .s7 { color: var(--c7); }
        .s0 polyline { stroke-dasharray: 2 5; } .s2 polyline { stroke-dasharray: 9 4; } .s4 polyline { stroke-dasharray: 9 4 2 4; }
        .s6 polyline { stroke-dasharray: 5 4; }
        .legend { display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; margin: 0 0 6px; padding: 0; font-size: 0.88rem; }
        .legend li { display: flex; align-items: center; gap: 7px; } .legend span { color: var(--ink); }
        .scale { display: flex; align-items: center; gap: 10px; color: var(--soft); font-size: 0.86rem; margin: 12px 0 0; }
        .scale + .figures { margin-top: 18px; } .scale i { width: 160px; height: 12px; border-radius: 6px;
          background: linear-gradient(90deg, #e97a6c, #f6d97a, #9edc9c); }
        /* A table that is too wide scrolls in its box: a shadow at an edge tells that there is more, and the first column stays. */
        .scroll { overflow-x: auto; margin-top: 18px; max-width: 100%; scrollbar-width: thin; --under: var(--page); background:
          linear-gradient(90deg, transparent, var(--under) 60%) 100% 0 / 56px 100% no-repeat local,
          linear-gradient(270deg, var(--edge), transparent) 100% 0 / 22px 100% no-repeat scroll; }
        figure .scroll { --under: var(--card); }
        .scroll tbody th, .scroll thead th:first-child { position: sticky; left: 0; background: var(--under); }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.95rem; }
        th, td { padding: 7px 12px; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
        th:first-child { text-align: left; padding-left: 0; } thead th { color: var(--soft); font-weight: 500; font-size: 0.86rem;
          white-space: normal; overflow-wrap: break-word; vertical-align: bottom; }
        tbody th { font-weight: 600; } td small { color: var(--soft); display: block; font-size: 0.78rem; line-height: 1.25; }
        td strong { color: var(--good); }
        caption { text-align: left; font-weight: 600; padding: 4px 0 6px; }
        th small { color: var(--soft); display: block; font-weight: 400; font-size: 0.78rem; line-height: 1.25; }
        td.hot { color: #20262b; font-weight: 600; } td.hot small { color: #20262b; font-weight: 400; }
        table.hot { table-layout: fixed; min-width: calc(14rem + var(--columns) * 3.6rem); }
        table.hot td, table.hot th + th { text-align: center; }
        td.hot { border: 2px solid var(--page); border-radius: 6px; }
        table.hot th:first-child { width: 14rem; }
        nav ul { columns: 9.5rem auto; margin: 28px 0 0; padding: 0; list-style: none; }
        nav a { color: var(--c1); display: inline-block; padding: 2px 0; }
        .warning { border-left: 4px solid var(--bad); padding-left: 16px; } .warning h2 { color: var(--bad); }
        summary { cursor: pointer; overflow-wrap: anywhere; } summary h2 { display: inline; }
        details.task { margin-top: 48px; } details.task:not([open]) { margin-top: 16px; } details.task > .note { margin-top: 6px; }
        details.numbers { margin-top: 8px; font-size: 0.86rem; color: var(--soft); } details.numbers .scroll { margin-top: 6px; }
        details.sample { margin-bottom: 10px; padding: 10px 16px; } h3.worst { margin: 26px 0 0; } h3.worst + .note { margin-bottom: 10px; }
        .samples { display: grid; gap: 14px; margin-top: 14px; }
        .sample { padding: 16px 20px; break-inside: avoid; }
        .sample h3 { color: var(--soft); font-size: 0.86rem; font-weight: 500; margin: 0 0 6px; }
        .sample p { margin: 0; overflow-wrap: anywhere; } .sample .question { font-weight: 600; }
        dl { display: grid; grid-template-columns: fit-content(45%) 1fr; gap: 5px 18px; margin: 10px 0 0; font-size: 0.95rem; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
        dl + .figures { margin-top: 18px; }
        .right { color: var(--good); font-weight: 700; } .wrong { color: var(--bad); font-weight: 700; }
        .part { color: var(--soft); font-weight: 700; }
        .none { color: var(--soft); font-style: italic; }
        @media (max-width: 600px) { main { padding: 28px 16px 48px; } dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: 8px; } h1 { font-size: 1.65rem; }
          .headlines { gap: 10px; } .headlines div { padding: 12px 14px; } .headlines .value { font-size: 1.5rem; }
          th, td { padding: 6px; } tbody th { white-space: normal; overflow-wrap: break-word; min-width: 6rem; }
            table { font-size: 0.84rem; } th small, td small { white-space: normal; }
            table.hot { min-width: calc(8.5rem + var(--columns) * 3.4rem); }
            table.hot th:first-child { width: 8.5rem; white-space: normal; }
          figure { padding: 14px 12px 10px; } svg.lines text { font-size: 17px; } svg.heat text { font-size: 15px; }
            svg text.cell { font-size: 17px; } }
        @media print {
          body { background: #fff; font-size: 11pt; } main { padding: 0; max-width: none; } h2 { margin-top: 28px; break-after: avoid; }
          nav, details.numbers { display: none; } .scroll { overflow: visible; background: none; }
          table.hot { min-width: 0; } th, td { white-space: normal; padding: 4px 8px; }
          details::details-content { content-visibility: visible; block-size: auto; }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        }
        """;
}
