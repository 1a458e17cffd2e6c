using System.Globalization;
using System.Text;

namespace Farsight.Text.Templates;

/// <summary>Implements strftime in the C locale.</summary>
static class PythonClock
{
    internal static MarkedText Format(TemplateCall call)
    {
        call.AtMost(1, "format");
        string format = call.Text(0, "format").Value;
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            bool isBare = format[i + 1] == '-' && i + 2 < format.Length;
            i += isBare ? 2 : 1;
            string part = Part(format[i], call);
            text.Append(
                isBare && part.Length > 1 && char.IsAsciiDigit(part[0])
                    ? part.TrimStart('0') is { Length: > 0 } bare
                        ? bare
                        : "0"
                    : part);
        }
        return MarkedText.Own(text.ToString());
    }

    static string Part(char directive, TemplateCall call)
    {
        DateTime now = call.Run.Now;
        string Render(string format) => now.ToString(format, CultureInfo.InvariantCulture);
        return directive switch
        {
            'Y' => Render("yyyy"),
            'y' => Render("yy"),
            'm' => Render("MM"),
            'd' => Render("dd"),
            'e' => Render("dd").TrimStart('0').PadLeft(2),
            'B' => Render("MMMM"),
            'b' or 'h' => Render("MMM"),
            'A' => Render("dddd"),
            'a' => Render("ddd"),
            'H' => Render("HH"),
            'I' => Render("hh"),
            'M' => Render("mm"),
            'S' => Render("ss"),
            'f' => Render("ffffff"),
            'p' => Render("tt"),
            'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'F' => Render("yyyy-MM-dd"),
            'D' => Render("MM/dd/yy").Replace('.', '/'),
            'T' => Render("HH:mm:ss"),
            'Z' or 'z' => "",
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => throw call.Error($"does not know '%{directive}'"),
        };
    }
}
