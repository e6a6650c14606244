namespace HotPath.Core.Tests.Api;

/// <summary>What HTTP says of a call. tests/Host brings each about.</summary>
internal static class HttpStatuses
{
    internal static readonly (string Code, Words When)[] All =
    [
        ("200", new("a signed answer, refusals included: look at resp_code", "已签名的响应（包括拒绝），以 resp_code 为准")),
        ("400", new("no proper HTTP/1.1, for instance two lengths or a bare line feed", "不符合 HTTP/1.1，例如重复的长度或单独的换行符")),
        ("404", new("another path than `/api`, compared letter by letter, or a file that cannot be had (any more)", "路径不是 `/api`（逐字符比较），或对账文件地址无效、已过期")),
        ("405", new("another method than `POST`", "方法不是 `POST`")),
        ("408", new("the request came too slowly", "请求发送过慢")),
        ("411", new("chunked, or no `Content-Length`", "分块传输，或缺少 `Content-Length`")),
        ("413", new("the body is larger than its interface may be", "报文超过该接口的上限")),
        ("415", new("another `Content-Type` than `application/json` (with `charset=utf-8` or nothing), or any `Content-Encoding`", "`Content-Type` 不是 `application/json`（可带 `charset=utf-8`），或带有 `Content-Encoding`")),
        ("429", new("turned away without an answer; it says nothing about the request, which may be in process: send the same req_id again a little later", "暂不受理且无响应报文；不代表该请求的结果（可能正在处理）：稍后以相同 req_id 重发")),
        ("505", new("another version than HTTP/1.1", "不是 HTTP/1.1")),
    ];
}
