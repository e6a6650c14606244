using HotPath.Core.Wire;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace HotPath.Host.Server;

/// <summary>What of HTTP a request must keep before its body is looked at (protocol, section 1).</summary>
internal static class RequestRules
{
    /// <summary>Nothing is wrong.</summary>
    internal const int Fine = 0;

    /// <summary>The status that refuses this request, or <see cref="Fine"/>: 505, 404, 405, 415, 411, 413, in this order.</summary>
    /// <remarks>
    /// There is one address, and it is compared as it was sent: a query, an escaped letter or a <c>..</c> are things on which a proxy in
    /// front and we might differ. Methods are case-sensitive (RFC 9110, 9.1).
    /// </remarks>
    internal static int Check(HttpRequest request, string rawTarget)
    {
        if (request.Protocol != HttpProtocol.Http11)
        {
            return StatusCodes.Status505HttpVersionNotsupported;
        }
        if (rawTarget != PaymentEndpoint.Path)
        {
            return StatusCodes.Status404NotFound;
        }
        if (request.Method != HttpMethods.Post)
        {
            return StatusCodes.Status405MethodNotAllowed;
        }
        IHeaderDictionary headers = request.Headers;
        if (!IsJson(headers.ContentType) || headers.ContentEncoding.Count > 0)
        {
            return StatusCodes.Status415UnsupportedMediaType;
        }
        if (headers.TransferEncoding.Count > 0 || request.ContentLength is not { } length)
        {
            return StatusCodes.Status411LengthRequired;
        }
        return length > BodyLimits.Largest ? StatusCodes.Status413PayloadTooLarge : Fine;
    }

    private static bool IsJson(StringValues contentType) => contentType.Count == 1 && contentType[0] switch
    {
        "application/json" or "application/json; charset=utf-8" or "application/json;charset=utf-8" => true,
        { } other => IsOtherSpelling(other),
        null => false,
    };

    private static bool IsOtherSpelling(string contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type) ||
            !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        return type.Parameters.Count == 0 || (type.Parameters.Count == 1 && IsUtf8(type.Parameters[0]));
    }

    private static bool IsUtf8(NameValueHeaderValue parameter) =>
        parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase) &&
        HeaderUtilities.RemoveQuotes(parameter.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase);
}
