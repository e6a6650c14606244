using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Scenarios;
using HotPath.Signing;

namespace HotPath.LoadTest.Efficiency;

/// <summary>
/// One round: the crypto floor, a gateway at saturation (closed loop, the channel in its process, 20 ms), the crypto floor again, and a fresh
/// gateway at a share of that rate (open loop, Poisson) whose channel answers at once, so that every millisecond of latency is the gateway's.
/// </summary>
internal static class EfficiencyRun
{
    private const int VerifyEvery = 100;

    // On new connections, before it counts.
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    public static async Task<EfficiencyRound> RunAsync(EfficiencyOptions options, Stage stage, CancellationToken cancel)
    {
        CryptoCost own = CryptoProbe.Own(options.SignType);
        CryptoCost? openSsl = CryptoProbe.OpenSsl(options.SignType);
        (Lane saturated, Measurement.Result atSaturation) = await SaturateAsync(options, stage, cancel);
        own = CryptoCost.Mean(own, CryptoProbe.Own(options.SignType));
        openSsl = openSsl is { } before && CryptoProbe.OpenSsl(options.SignType) is { } after ? CryptoCost.Mean(before, after) : null;

        double perSecond = saturated.Paid / atSaturation.Seconds;
        (Lane partial, Measurement.Result atPartial) = await LoadPartlyAsync(options, stage, perSecond * options.PartialLoad, cancel);
        return new EfficiencyRound
        {
            Crypto = own,
            OpenSsl = openSsl,
            SaturatedPerSecond = perSecond,
            Saturated = atSaturation.Against(own, openSsl),
            GeneratorMicroseconds = atSaturation.GeneratorCpuMicroseconds,
            PartialPerSecond = partial.Paid / atPartial.Seconds,
            Partial = atPartial.Against(own, openSsl),
            Added = Latency.Of(partial.Record.FromIntended),
        };
    }

    private static async Task<(Lane, Measurement.Result)> SaturateAsync(EfficiencyOptions options, Stage stage, CancellationToken cancel)
    {
        (Lane, Measurement.Result) measured = default;
        await stage.WithGatewayAsync(
            ["--in-process-channel", "--sign-type", SignTypes.Name(options.SignType)],
            async gateway =>
            {
                Lane Closed(Pack pack, int first) => new(pack, options.Connections) { First = first, Check = new AnswerCheck(gateway.Sandbox.Gateway, VerifyEvery) };
                Pack pack = stage.Sign(gateway, (int)(options.AtMostPerSecond * (options.WarmUp + Settle + options.Duration).TotalSeconds));
                Lane warming = Closed(pack, 0);
                await Phase.RunAsync(gateway.Target, options.WarmUp, [warming], cancel);
                Lane lane = Closed(pack, warming.Used);
                Measurement.Result result = await stage.RunAsync(gateway, options.Duration, Settle, cancel, lane);
                stage.Show("saturation", lane, result);
                stage.Expect(Payments.OnlyPaid("saturation", lane));
                stage.Expect("payments enough for the whole phase", warming.Used + lane.Used < pack.Count, $"{warming.Used + lane.Used} of {pack.Count} used");
                measured = (lane, result);
            },
            cancel);
        return measured;
    }

    private static async Task<(Lane, Measurement.Result)> LoadPartlyAsync(EfficiencyOptions options, Stage stage, double perSecond, CancellationToken cancel)
    {
        (Lane, Measurement.Result) measured = default;
        await stage.WithGatewayAsync(
            ["--in-process-channel", "--channel-latency", "0ms", "--sign-type", SignTypes.Name(options.SignType)],
            async gateway =>
            {
                await Phase.RunAsync(gateway.Target, options.WarmUp, [stage.Payments(gateway, perSecond, options.WarmUp, VerifyEvery)], cancel);
                Lane lane = stage.Payments(gateway, perSecond, Settle + options.Duration, VerifyEvery);
                Measurement.Result result = await stage.RunAsync(gateway, options.Duration, Settle, cancel, lane);
                stage.Show(FormattableString.Invariant($"{options.PartialLoad:P0} of it"), lane, result);
                stage.RequirePunctual(lane);
                stage.Expect(Payments.OnlyPaid("partial load", lane));
                measured = (lane, result);
            },
            cancel);
        return measured;
    }
}
