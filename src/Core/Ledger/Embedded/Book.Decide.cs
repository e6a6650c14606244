using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>From a command to the rule that decides it.</summary>
internal sealed partial class Book
{
    /// <summary>Decides what the caller wishes, and leaves the answer in the command. Nothing new is taken where there is a <paramref name="refusal"/>.</summary>
    internal void Decide(LedgerCommand command, JournalWriter journal, long nowMs, ClaimState? refusal)
    {
        switch (command.Kind)
        {
            case CommandKind.Claim:
                command.Claim = Claim(command.Keys, command.Trade!, journal, nowMs, refusal);
                break;
            case CommandKind.Complete:
                command.Completed = Complete(command.Keys, command.Trade!, journal);
                break;
            case CommandKind.Redirect:
                command.Completed = Redirect(command.Keys, command.Trade!, journal, refusal);
                break;
            case CommandKind.Reserve:
                command.Claim = Reserve(command.RefundKeys, command.Refund!, command.Trade!, journal, nowMs, refusal);
                break;
            case CommandKind.Settle:
                command.Completed = Settle(command.RefundKeys, command.Refund!, journal);
                break;
            case CommandKind.Wish:
                command.Claim = Wish(command.CancelKeys, command.Cancel!, journal, nowMs, refusal);
                break;
            case CommandKind.SettleCancel:
                command.Completed = SettleCancel(command.CancelKeys, command.Cancel!, journal);
                break;
            case CommandKind.Surplus:
                command.Claim = RecordSurplus(command.Keys.Order, command.Keys.Trade, command.Surplus!, journal);
                break;
            case CommandKind.SettleSurplus:
                command.Completed = SettleSurplus(command.Keys.Trade, command.Surplus!, journal);
                break;
            case CommandKind.Act:
                command.Completed = RecordAct(command.Act!, journal);
                break;
            case CommandKind.List:
                command.Listed = command.ListKind == BookKind.Reversed ? ListReversed(nowMs) : _pending.List(command.ListKind);
                break;
        }
        command.IsDurable = true;
    }

    private CompleteState RecordAct(OperatorAct act, JournalWriter journal)
    {
        if (!journal.HasRoom)
        {
            return CompleteState.Unavailable;
        }
        journal.Append(RecordType.OperatorAct, _payload.AsSpan(0, OperatorActRecords.Write(act, _payload)));
        return CompleteState.Recorded;
    }
}
