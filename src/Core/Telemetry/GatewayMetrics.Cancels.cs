using HotPath.Core.Model;
using Prometheus;

namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>Cancels, and what is wrong between two books.</summary>
    public CancelMetrics Cancels { get; }

    /// <summary>What our book and a channel's disagree about, for the label <c>kind</c>.</summary>
    public enum DisagreementKind
    {
        /// <summary>The channel executed a payment that the book says was not executed (长款).</summary>
        Surplus,

        /// <summary>The channel declined to take back a surplus.</summary>
        SurplusKept,

        /// <summary>The channel's own guard declined a refund that our book allowed.</summary>
        RefundDeclined,

        /// <summary>The channel now denies what it told the success of, or says that it executed a refund which failed.</summary>
        Contradicted,
    }

    /// <summary>How a request to cancel was answered, for the label <c>result</c>.</summary>
    public enum CancelResult
    {
        Cancelled,

        /// <summary>The trade had failed, or failed meanwhile.</summary>
        Failed,

        /// <summary>The trade succeeded (B007).</summary>
        TooLate,
        Pending,
        NotSent,
    }

    public sealed class CancelMetrics
    {
        private static readonly string[] Results = [.. Enum.GetNames<CancelResult>().Select(name => name.ToLowerInvariant())];
        private static readonly string[] Kinds = [.. Enum.GetNames<DisagreementKind>().Select(name => name.ToLowerInvariant())];

        private readonly Counter.Child[] _cancels;
        private readonly Counter.Child[] _disagreements;
        private readonly Counter _surplusesReturned;

        internal CancelMetrics(MetricFactory make)
        {
            Counter cancels = make.CreateCounter(
                "hotpath_cancels_total", "Cancels by the result they reached; pending counts those answered before they had one.", "result");
            _cancels = [.. Results.Select(result => cancels.WithLabels(result))];
            Counter disagreements = make.CreateCounter(
                "hotpath_book_disagreements_total", "What our book and a channel's disagree about; anything new is an alarm.", "kind");
            _disagreements = [.. Kinds.Select(kind => disagreements.WithLabels(kind))];
            _surplusesReturned = make.CreateCounter("hotpath_surpluses_returned_total", "Payments executed after a confirmed reversal whose money went back.");
        }

        /// <summary>A cancel was recorded with its end.</summary>
        public void Reached(Cancellation cancel) => Count(
            cancel.WasNeverSent ? CancelResult.NotSent
            : cancel.TradeStatus == TradeStatus.Success ? CancelResult.TooLate
            : cancel.TradeStatus == TradeStatus.Failed ? CancelResult.Failed
            : CancelResult.Cancelled);

        /// <summary>A cancel was answered 0001.</summary>
        public void StillPending() => Count(CancelResult.Pending);

        public void Disagreed(DisagreementKind kind) => _disagreements[(int)kind].Inc();

        public void SurplusReturned() => _surplusesReturned.Inc();

        private void Count(CancelResult result) => _cancels[(int)result].Inc();
    }
}
