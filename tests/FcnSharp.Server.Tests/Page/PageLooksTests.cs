using System.Text.Json;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Microsoft.Playwright;
using Xunit;

namespace FcnSharp.Server.Tests.Page;

/// <summary>Every width and both themes: nothing sticks out, everything can be read, and everything says what it is.</summary>
public sealed class PageLooksTests(Browser browser, ReadyServer server) : IClassFixture<ReadyServer>
{
    private static readonly byte[] Image = PngFile.EncodeRgb(TestImages.Scene(61, 47).Image);

    public static TheoryData<int, ColorScheme> Windows { get; } = new()
    {
        { 390, ColorScheme.Light }, { 820, ColorScheme.Light }, { 1440, ColorScheme.Light },
        { 390, ColorScheme.Dark }, { 820, ColorScheme.Dark }, { 1440, ColorScheme.Dark },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public async Task Empty_with_a_result_and_with_an_error(int width, ColorScheme scheme)
    {
        await using Visit visit = (await browser.Open(server.Address, width, 844, scheme)).ExpectErrors();
        await visit.Go();
        await Assertions.Expect(visit["#card"]).ToBeVisibleAsync();
        await Looks.Check(visit);

        await visit.Drop("street.png", Image);
        await visit.WaitForResult();
        await visit["#compare"].ClickAsync();
        await visit["#legend input"].First.UncheckAsync();
        await visit["#legend .spot"].Nth(1).ClickAsync();
        await Looks.Check(visit);

        await visit.Drop("broken.png", Image[..200]);
        await Assertions.Expect(visit["#status-title"]).ToContainTextAsync("not a readable image");
        await Looks.Check(visit);
        visit.AssertClean();
    }
}

/// <summary>What can be measured of a page's looks.</summary>
internal static class Looks
{
    /// <summary>Fails with a line for each finding.</summary>
    public static async Task Check(Visit visit)
    {
        JsonElement findings = await visit.Page.EvaluateAsync<JsonElement>(Script);
        Assert.True(findings.GetArrayLength() == 0, string.Join('\n', findings.EnumerateArray().Select(f => f.GetString())));
    }

    /// <summary>
    /// Names, labels and ids; targets of a finger; no scrolling sideways; the contrast of every visible text with what is behind
    /// it by WCAG 2.2: 4.5, or 3 where it is large. What lies on the picture has a background of its own.
    /// </summary>
    private const string Script = """
        () => {
          const found = [];
          const name = e => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}${e.className && typeof e.className === "string" ? "." + e.className.replaceAll(" ", ".") : ""}`;
          const shown = e => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && e.getClientRects().length > 0;
          const all = [...document.querySelectorAll("body *")].filter(shown);

          if (document.documentElement.scrollWidth > innerWidth) {
            found.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
          }
          if (!document.documentElement.lang || !document.title || document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1) {
            found.push("language, title, one h1 and one main are needed");
          }
          const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
          ids.filter((id, i) => ids.indexOf(id) !== i).forEach(id => found.push(`two elements are called #${id}`));

          for (const e of all.filter(e => e.matches("a[href], button, input, select, summary, [tabindex='0'], [role='img'], img:not([alt=''])"))) {
            const by = (e.getAttribute("aria-labelledby") ?? "").split(" ").map(id => document.getElementById(id)?.textContent ?? "").join("");
            const label = [e.getAttribute("aria-label"), by, e.labels?.[0]?.textContent, e.alt, e.matches("input, select") ? "" : e.textContent].find(t => t?.trim());
            if (!label) {
              found.push(`${name(e)} has no name`);
            }
            const box = e.getBoundingClientRect();
            if (e.matches("button, select") && !e.matches(".unseen") && (box.height < 24 || box.width < 24)) {
              found.push(`${name(e)} is ${box.width} x ${box.height}, less than 24`);
            }
          }
          for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
            for (const id of `${e.getAttribute("aria-labelledby") ?? ""} ${e.getAttribute("aria-describedby") ?? ""}`.trim().split(/\s+/)) {
              if (!document.getElementById(id)) {
                found.push(`${name(e)} refers to #${id}, which is not there`);
              }
            }
          }

          const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const parse = color => {
            paint.clearRect(0, 0, 1, 1);
            paint.fillStyle = color;
            paint.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
            return { r, g, b, a: a / 255 };
          };
          const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
          const behind = e => {
            const layers = [];
            for (let at = e; at; at = at.parentElement) {
              const color = parse(getComputedStyle(at).backgroundColor);
              layers.push(color);
              if (color.a === 1) {
                break;
              }
            }
            return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
          };
          const light = ({ r, g, b }) => {
            const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
          };
          for (const e of all) {
            const text = [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.textContent).join("").trim();
            if (!text || e.closest(".unseen, .skip, option") || e.matches("select:disabled, button:disabled")) {
              continue;
            }
            const style = getComputedStyle(e);
            const background = behind(e);
            const [one, two] = [light(over(parse(e.closest("svg") ? style.fill : style.color), background)), light(background)];
            const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
            const size = parseFloat(style.fontSize);
            const needed = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
            if (ratio < needed) {
              found.push(`${name(e)} "${text.slice(0, 30)}" has a contrast of ${ratio.toFixed(2)}, less than ${needed}`);
            }
          }
          return [...new Set(found)];
        }
        """;
}
