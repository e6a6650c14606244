using System.Globalization;
using System.Net;
using System.Text;
using HotPath.Host.Client;
using HotPath.Signing;

namespace HotPath.Host.Tests;

/// <summary>A demo institution in a test's hands: fills requests, signs them, posts any bytes, verifies answers.</summary>
public sealed class TestInstitution
{
    private readonly SandboxFixture _fixture;
    private readonly SigningKey _key;
    private readonly VerifyingKey _gatewayKey;

    internal TestInstitution(SandboxFixture fixture, string instId)
    {
        _fixture = fixture;
        InstId = instId;
        _key = fixture.Sandbox.Folder.LoadPrivateKeyOf(instId);
        _gatewayKey = fixture.Sandbox.Folder.LoadGatewayKey();
    }

    public string InstId { get; }

    /// <summary>The members of a payment that would succeed, unsigned, with new numbers.</summary>
    public Dictionary<string, string> ScanPay(string amount = "88.80", string currency = "CNY") =>
        new(Requests.ScanPay(InstId, amount, currency, TimeProvider.System).Members) { ["sign_type"] = SignTypes.Name(_key.SignType) };

    /// <summary>The members of a payment by face that would succeed, unsigned, with new numbers.</summary>
    public Dictionary<string, string> FacePay(string faceData, string amount = "88.80", string currency = "CNY") =>
        new(Requests.FacePay(InstId, amount, currency, faceData, TimeProvider.System).Members) { ["sign_type"] = SignTypes.Name(_key.SignType) };

    /// <summary>The members of a query by out_trade_no, unsigned.</summary>
    public Dictionary<string, string> Query(string orderNo) =>
        new(Requests.TradeQuery(InstId, TimeProvider.System).Members) { ["out_trade_no"] = orderNo, ["sign_type"] = SignTypes.Name(_key.SignType) };

    /// <summary>Signs the members (setting <c>sign</c>) and gives the JSON body.</summary>
    public byte[] Sign(IDictionary<string, string> members)
    {
        var message = new SignedMessage(members);
        message["sign"] = null;
        message.SignWith(_key);
        members["sign"] = message["sign"]!;
        return message.ToJson();
    }

    /// <summary>Signs a signing string of the test's own making, for bodies that no dictionary can hold.</summary>
    public string SignText(string signingString)
    {
        byte[] signature = new byte[SigningKey.MaxSignatureLength];
        int length = _key.Sign(Encoding.UTF8.GetBytes(signingString), signature);
        return Convert.ToBase64String(signature.AsSpan(0, length));
    }

    /// <summary>
    /// Signs, posts and verifies; fails the test when there is no verified answer. On a machine that is busy with other tests the gateway may be too: A001 says, the same again.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, string>> CallAsync(IDictionary<string, string> members)
    {
        IReadOnlyDictionary<string, string> answer = await CallOnceAsync(members);
        for (int i = 0; answer["resp_code"] == "A001" && i < 300; i++)
        {
            await Task.Delay(100);
            answer = await CallOnceAsync(members);
        }
        return answer;
    }

    private async Task<IReadOnlyDictionary<string, string>> CallOnceAsync(IDictionary<string, string> members)
    {
        RawAnswer answer = await PostAsync(Sign(members)) ?? throw new InvalidOperationException("the connection ended without an answer");
        return answer.Status == (int)HttpStatusCode.OK
            ? Verified(answer.Body)
            : throw new InvalidOperationException($"HTTP {answer.Status}");
    }

    /// <summary>Posts bytes as they are over a new connection; null when it ends without an answer.</summary>
    public Task<RawAnswer?> PostAsync(byte[] body, string contentType = "application/json", string extraHeaders = "") =>
        _fixture.SendRawAsync(Post(body, contentType, extraHeaders));

    /// <summary>The bytes of a POST.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">The header's value.</param>
    /// <param name="extraHeaders">Whole lines, each with its CRLF.</param>
    public static byte[] Post(byte[] body, string contentType = "application/json", string extraHeaders = "")
    {
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST /api HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n{extraHeaders}\r\n");
        return [.. Encoding.UTF8.GetBytes(head), .. body];
    }

    /// <summary>The members of an answer whose signature is the gateway's; fails the test otherwise.</summary>
    public IReadOnlyDictionary<string, string> Verified(byte[] body)
    {
        SignedMessage answer = SignedMessage.Parse(body);
        return answer.IsSignedBy(_gatewayKey)
            ? answer.Members
            : throw new InvalidOperationException("not signed by the gateway: " + Encoding.UTF8.GetString(body));
    }
}
