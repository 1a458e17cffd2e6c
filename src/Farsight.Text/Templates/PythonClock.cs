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
        string Told(string format) => now.ToString(format, CultureInfo.InvariantCulture);
        return directive switch
        {
            'Y' => Told("yyyy"),
            'y' => Told("yy"),
            'm' => Told("MM"),
            'd' => Told("dd"),
            'e' => Told("dd").TrimStart('0').PadLeft(2),
            'B' => Told("MMMM"),
            'b' or 'h' => Told("MMM"),
            'A' => Told("dddd"),
            'a' => Told("ddd"),
            'H' => Told("HH"),
            'I' => Told("hh"),
            'M' => Told("mm"),
            'S' => Told("ss"),
            'f' => Told("ffffff"),
            'p' => Told("tt"),
            'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'F' => Told("yyyy-MM-dd"),
            'D' => Told("MM/dd/yy").Replace('.', '/'),
            'T' => Told("HH:mm:ss"),
            'Z' or 'z' => "",
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => throw call.Error($"does not know '%{directive}'"),
        };
    }
}
