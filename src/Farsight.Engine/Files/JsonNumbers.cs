namespace Farsight.Engine.Files;

/// <summary>Explains numbers that other programs write and JSON does not have.</summary>
public static class JsonNumbers
{
    static readonly string[] s_words = ["NaN", "-Infinity", "Infinity"]; // as Python's json module writes them

    /// <summary>Returns a clause that names the first NaN or Infinity among the values of a text; empty if there is none.</summary>
    /// <param name="json">UTF-8 text that is not valid JSON.</param>
    public static string Hint(ReadOnlySpan<byte> json)
    {
        bool isString = false;
        for (int i = 0; i < json.Length; i++)
        {
            if (json[i] == '"')
            {
                isString = !isString;
            }
            else if (json[i] == '\\')
            {
                i++;
            }
            else if (!isString && json[i] is ((byte)'N' or (byte)'-' or (byte)'I'))
            {
                foreach (string word in s_words)
                {
                    if (StartsWith(json[i..], word))
                    {
                        return $": {word} is not a JSON number; write null instead";
                    }
                }
            }
        }
        return "";
    }

    static bool StartsWith(ReadOnlySpan<byte> json, string word)
    {
        for (int i = 0; i < word.Length; i++)
        {
            if (i >= json.Length || json[i] != word[i])
            {
                return false;
            }
        }
        return true;
    }
}
