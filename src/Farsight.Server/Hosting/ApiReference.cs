using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Farsight.Server.Dashboard;
using Farsight.Server.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Scalar.AspNetCore;

namespace Farsight.Server.Hosting;

/// <summary>Serves the description of the paths and their fields: as a document of OpenAPI, and as a page that shows it.</summary>
/// <remarks>
/// The document is a file beside this one. It is not generated from code, because requests are read field by field, which no type
/// describes; tests compare it with what the paths accept. The page is Scalar's, with its script from this server.
/// </remarks>
static class ApiReference
{
    internal const string Page = "/reference", Document = "/openapi.json";

    const string Nonce = "nonce";

    // Nothing is loaded from another server, whatever the script of the page wants.
    const string Policy = "default-src 'none'; script-src 'self' 'nonce-{0}'; style-src 'self' 'unsafe-inline'; "
        + "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'";

    static readonly Lazy<byte[]> s_document = new(Read);

    /// <summary>Returns whether a path belongs to the description.</summary>
    internal static bool IsAt(PathString path) => path == Document || path.StartsWithSegments(Page, StringComparison.Ordinal);

    /// <summary>Adds the paths of the description.</summary>
    internal static void Map(WebApplication app)
    {
        app.MapMethods(Document, [HttpMethods.Get, HttpMethods.Head], http =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.Body.WriteAsync(s_document.Value, http.RequestAborted).AsTask();
        });
        app.MapScalarApiReference(Page, Show).AddEndpointFilter(async (context, next) =>
        {
            object? result = await next(context).ConfigureAwait(false);
            HttpContext http = context.HttpContext;
            HtmlPage.Protect(http.Response, Policy.Replace("{0}", http.Items[Nonce] as string, StringComparison.Ordinal));
            return result;
        });
    }

    static void Show(ScalarOptions options, HttpContext http)
    {
        string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        http.Items[Nonce] = nonce;
        options.Title = "Farsight: paths and fields";
        options.OpenApiRoutePattern = Document;
        options.Nonce = nonce;
        options.DefaultFonts = false; // these and the following would ask other servers
        options.Telemetry = false;
        options.Agent = new() { Disabled = true };
        options.Mcp = new() { Disabled = true };
        options.HideClientButton = true;
        options.ShowDeveloperTools = DeveloperToolsVisibility.Never;
    }

    static byte[] Read()
    {
        Assembly own = typeof(ApiReference).Assembly;
        using Stream file = own.GetManifestResourceStream("Farsight.Server.Hosting.openapi.json")!;
        JsonNode document = JsonNode.Parse(file)!;
        document["info"]!["version"] = own.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return JsonBody.Write(document);
    }
}
