namespace FcnSharp.Reports;

/// <summary>The report's style sheet. It holds none of the characters that markup escapes (font names go without quotes): browsers do not undo escapes in a style element.</summary>
internal static class ReportStyle
{
    public const string Css = """

        :root {
          --page: #f7f5f0; --card: #ffffff; --ink: #1b2430; --muted: #5a6472; --line: #e2ded4;
          --accent: #0b6e69; --track: #e9e6de; --hit: 11 110 105; --miss: 200 72 8; --on-heat: #ffffff; --hero-ink: #ffffff;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --page: #0f1318; --card: #181e26; --ink: #e9edf1; --muted: #9fabb8; --line: #2a333e;
            --accent: #4cc9bd; --track: #29323d; --hit: 76 201 189; --miss: 255 146 72; --on-heat: #0c1116; --hero-ink: #08211f;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 -apple-system, Segoe UI, Roboto, Helvetica Neue, Noto Sans, Liberation Sans, DejaVu Sans, Arial, sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 40px 20px 56px; }
        section { margin-top: 44px; }
        h1 { margin: 0; font-size: clamp(1.8rem, 5vw, 2.7rem); line-height: 1.12; letter-spacing: -0.02em; text-wrap: balance; overflow-wrap: anywhere; }
        h2 { margin: 0 0 14px; font-size: 1.3rem; letter-spacing: -0.01em; }
        h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
        p { margin: 0 0 12px; color: var(--muted); max-width: 70ch; }
        .eyebrow { margin: 0 0 8px; color: var(--accent); font-size: 0.8rem; font-weight: 650; letter-spacing: 0.09em; text-transform: uppercase; }
        .lead { margin: 10px 0 0; font-size: 1.08rem; }
        .title + section { margin-top: 26px; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }

        .figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 0; }
        .figures div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
        .figures dt { color: var(--muted); font-size: 0.86rem; }
        .figures dd { margin: 2px 0 0; font-size: 1.5rem; font-weight: 650; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
        .figures small { font-size: 0.62em; font-weight: 500; color: var(--muted); letter-spacing: 0; }
        .figures .hero { grid-row: span 2; display: flex; flex-direction: column; justify-content: space-between; background: var(--accent); border-color: var(--accent); color: var(--hero-ink); }
        .figures .hero dt, .figures .hero small { color: inherit; }
        .figures .hero dt { font-size: 1rem; font-weight: 600; }
        .figures .hero dd { font-size: clamp(2.8rem, 7vw, 4rem); line-height: 1; letter-spacing: -0.04em; }
        .figures .hero small { font-size: 0.4em; }

        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 14px; }
        .chart { margin: 0; padding: 16px 16px 8px; }
        .chart p { margin: 0 0 8px; font-size: 0.86rem; }
        svg { display: block; width: 100%; height: auto; overflow: visible; }
        svg text { fill: var(--muted); font-size: 12.5px; font-variant-numeric: tabular-nums; }
        svg path, svg polyline { fill: none; }
        .grid { stroke: var(--line); }
        .axis { stroke: var(--muted); }
        .raw { stroke: var(--accent); stroke-opacity: 0.3; stroke-width: 1; }
        .line { stroke: var(--accent); stroke-width: 2.4; stroke-linejoin: round; stroke-linecap: round; }
        circle { fill: var(--card); stroke: var(--accent); stroke-width: 2; }

        .swatch { display: inline-block; width: 0.85em; height: 0.85em; margin-right: 0.55em; border-radius: 4px; border: 1px solid rgb(128 128 128 / 0.55); vertical-align: -0.06em; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 14px; padding: 0; list-style: none; font-size: 0.92rem; }
        .sample { padding: 14px 16px 16px; margin-bottom: 14px; }
        .sample header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px; margin-bottom: 10px; }
        .sample header p { margin: 0; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
        .sample header b { color: var(--ink); }
        .pictures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; }
        .pictures figure { margin: 0; }
        .pictures img { display: block; width: 100%; height: auto; border-radius: 6px; }
        .pictures figure + figure img { image-rendering: pixelated; }
        .pictures figcaption { margin-top: 5px; color: var(--muted); font-size: 0.84rem; }

        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: 9px 16px; text-align: left; border-bottom: 1px solid var(--line); }
        tbody tr:last-child th, tbody tr:last-child td { border-bottom: 0; }
        thead th { color: var(--muted); font-size: 0.84rem; font-weight: 550; }
        tbody th { font-weight: 550; white-space: nowrap; }
        .number { text-align: right; }
        .bars { width: 46%; }
        .bar { display: flex; align-items: center; gap: 12px; min-width: 130px; }
        .bar b { min-width: 2.9em; text-align: right; font-weight: 600; }
        .track { flex: 1; height: 9px; border-radius: 5px; background: var(--track); overflow: hidden; }
        .track i { display: block; height: 100%; border-radius: 5px; background: var(--accent); }

        .confusion th, .confusion td { padding: 9px 8px; }
        .confusion td, .confusion thead th { text-align: center; }
        .confusion thead th.corner { text-align: left; white-space: nowrap; }
        .confusion th:first-child { padding-left: 16px; position: sticky; left: 0; background: var(--card); }
        .confusion td { border: 2px solid var(--card); border-radius: 6px; min-width: 3.4em; }
        .hit { background: rgb(var(--hit) / var(--v)); }
        .miss { background: rgb(var(--miss) / var(--v)); }
        .dense { color: var(--on-heat); }
        .none { color: var(--muted); }

        .settings th:first-child { width: 32%; white-space: normal; }
        .settings td { overflow-wrap: anywhere; }
        pre { margin: 0; padding: 16px; white-space: pre-wrap; overflow-wrap: anywhere; font: 0.92rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
        footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--line); font-size: 0.86rem; }

        @media screen and (max-width: 760px) {
          main { padding: 24px 14px 40px; }
          section { margin-top: 34px; }
          .figures { grid-template-columns: repeat(2, 1fr); gap: 10px; }
          .figures .hero { grid-row: auto; grid-column: span 2; gap: 10px; }
          .pictures { grid-template-columns: repeat(2, 1fr); }
          th, td { padding: 8px; }
          .bars { width: auto; }
          .bar { min-width: 92px; gap: 6px; }
          svg text { font-size: 15px; }
        }
        @media print {
          :root { --page: #ffffff; --card: #ffffff; }
          body { font-size: 12px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          main { max-width: none; padding: 0; }
          section { margin-top: 24px; }
          .charts { grid-template-columns: 1fr 1fr; }
          .card, .figures div, tr { break-inside: avoid; }
          h2 { break-after: avoid; }
          .scroll { overflow: visible; }
        }

        """;
}
