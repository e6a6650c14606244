using Mono.Cecil;
using Mono.Cecil.Cil;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>Bugs as somebody might make them, each a small change of the compiled code.</summary>
public static class Plants
{
    private const string Buffers = "HotPath.Core.Buffers.";
    private const string Clearing = "HotPath.Core.Clearing.";
    private const string Ledger = "HotPath.Core.Ledger.Embedded.";

    /// <summary>The bug is in the scenario.</summary>
    public static void Nothing(ModuleDefinition core)
    {
    }

    /// <summary>The consumer may see a turn whose item is not there yet.</summary>
    public static void RingPublishesTheTurnFirst(ModuleDefinition core)
    {
        MethodDefinition method = Method(core, Buffers + "MpscRing`1", "TryEnqueue");
        int store = IndexOf(method, OpCodes.Stfld, "Item");
        int publish = IndexOf(method, OpCodes.Call, "Write");
        // cell.Item = item; is three instructions.
        MoveBehind(method, store - 2, 3, publish);
    }

    /// <summary>As it was: whoever waits for work sees an item whose producer is still at it, and spins until that one gets its processor back.</summary>
    public static void RingCountsWhatIsNotThereYet(ModuleDefinition core)
    {
        MethodDefinition hasItem = Method(core, Buffers + "MpscRing`1", "get_HasItem");
        MethodReference count = Method(core, Buffers + "MpscRing`1", "get_Count");
        var ring = new GenericInstanceType(count.DeclaringType);
        ring.GenericArguments.Add(count.DeclaringType.GenericParameters[0]);
        MakeEmpty(hasItem);
        hasItem.Body.Instructions.Insert(0, Instruction.Create(OpCodes.Cgt));
        hasItem.Body.Instructions.Insert(0, Instruction.Create(OpCodes.Ldc_I4_0));
        hasItem.Body.Instructions.Insert(0, Instruction.Create(OpCodes.Call, new MethodReference("get_Count", count.ReturnType, ring) { HasThis = true }));
        hasItem.Body.Instructions.Insert(0, Instruction.Create(OpCodes.Ldarg_0));
    }

    public static void RingMovesItsTailWithoutSwap(ModuleDefinition core) =>
        Replace(core, Buffers + "MpscRing`1", "TryEnqueue", "CompareExchange", nameof(Controlled.TornCompareExchange));

    public static void DrainIsPostedTwice(ModuleDefinition core) => Replace(core, Clearing + "Channel", "Send", "Exchange", nameof(Controlled.TornExchange));

    /// <summary>A producer that saw the flag still up has not posted, and nobody looks for its item.</summary>
    public static void DrainDoesNotLookAgain(ModuleDefinition core)
    {
        MethodDefinition method = Execute(core);
        Instruction count = method.Body.Instructions.Last(at => at.Operand is MethodReference { Name: "get_HasItem" });
        (count.OpCode, count.Operand) = (OpCodes.Pop, null);
        method.Body.GetILProcessor().InsertAfter(count, Instruction.Create(OpCodes.Ldc_I4_0));
    }

    public static void ResultWinsWithoutSwap(ModuleDefinition core) =>
        Replace(core, Clearing + "ClearingCall", "Finish", "CompareExchange", nameof(Controlled.TornCompareExchange));

    public static void DeadlineWinsWithoutSwap(ModuleDefinition core) =>
        Replace(core, Clearing + "ClearingCall", "Abandon", "CompareExchange", nameof(Controlled.TornCompareExchange));

    /// <summary>A refund_id is looked up among trades, where it is not: the refund is in doubt for ever.</summary>
    public static void LateRefundIsTakenForAPayment(ModuleDefinition core)
    {
        Instruction adopter = Method(core, Clearing + "ClearingCall", "Finish").Body.Instructions.Single(at => at.Operand is MethodReference { Name: "get_LateRefunds" });
        adopter.Operand = Method(core, Clearing + "Channel", "get_LateResults");
    }

    /// <summary>Work that comes between the last look and the flag wakes nobody.</summary>
    public static void WorkerLooksBeforeItParks(ModuleDefinition core)
    {
        MethodDefinition method = Method(core, "HotPath.Core.Runtime.ThreadScheduler/ThreadWorker", "Run");
        int park = IndexOf(method, OpCodes.Call, "Exchange");
        int look = method.Body.Instructions.ToList().FindIndex(park, at => at.Operand is MethodReference { Name: "Step" });
        // this, &_isParked, 1, Exchange, pop: five instructions; the look ends with the store of its pause.
        MoveBehind(method, park - 3, 5, look + 1);
    }

    public static void NumbersAreTakenWithoutSwap(ModuleDefinition core) =>
        Replace(core, Ledger + "NumberSource", "Next", "CompareExchange", nameof(Controlled.TornCompareExchangeUnsigned));

    /// <summary>A command that comes into the ring after the closing look at it is never answered.</summary>
    public static void LatecomersAreNotRefused(ModuleDefinition core) => MakeEmpty(Method(core, Ledger + "EmbeddedLedger", "RefuseLatecomers"));

    public static void FilesCloseUnderReaders(ModuleDefinition core) => MakeEmpty(Method(core, Ledger + "ReaderGate", "Close"));

    public static void CommandIsTakenWithoutSwap(ModuleDefinition core) =>
        Replace(core, Ledger + "LedgerCommand", "TryTake", "CompareExchange", nameof(Controlled.TornCompareExchange));

    public static void CommandIsAnsweredWithoutSwap(ModuleDefinition core) =>
        Replace(core, Ledger + "LedgerCommand", "TryAnswer", "CompareExchange", nameof(Controlled.TornCompareExchange));

    public static void CommandIsWithdrawnWithoutSwap(ModuleDefinition core) => TearSwapOfLeave(core, which: 0);

    public static void CommandIsLeftWithoutSwap(ModuleDefinition core) => TearSwapOfLeave(core, which: 1);

    /// <summary>A timer cannot tell the use it was set for from the next.</summary>
    public static void UsesOfACommandLookAlike(ModuleDefinition core) => Exchange(Method(core, Ledger + "LedgerCommand", "Begin"), OpCodes.Ldc_I4_8, OpCodes.Ldc_I4_0);

    /// <summary>The time of one use, the state of the next: the timer ends what it was not set for.</summary>
    public static void TimerReadsItsTimeBeforeTheUse(ModuleDefinition core)
    {
        MethodDefinition method = Method(core, Ledger + "LedgerCommand", "Leave");
        int use = IndexOf(method, OpCodes.Ldflda, "_state");
        int time = IndexOf(method, OpCodes.Ldflda, "_leaveAt");
        // this, &_state, Read, UseOf, store; then this, &_leaveAt, Read, store.
        MoveBehind(method, use - 1, 5, time + 2);
    }

    public static void NextUseBeginsWithTheLastOnesTime(ModuleDefinition core)
    {
        MethodDefinition method = Method(core, Ledger + "LedgerCommand", "Begin");
        int store = IndexOf(method, OpCodes.Stfld, "_leaveAt");
        for (int i = 0; i < 3; i++)
        {
            method.Body.Instructions.RemoveAt(store - 2);
        }
    }

    /// <summary>What the disk did not take counts as decided.</summary>
    public static void FailedBatchIsToldAsWon(ModuleDefinition core) => MakeEmpty(Method(core, Ledger + "LedgerCommand", "Fail"));

    /// <summary>A result whose caller has gone is given up like a claim.</summary>
    public static void LeftResultIsNotTaken(ModuleDefinition core) => Exchange(Method(core, Ledger + "LedgerCommand", "TryTake"), OpCodes.Ldc_I4_4, OpCodes.Ldc_I4_7);

    public static void ResultIsWithdrawn(ModuleDefinition core) => Exchange(Method(core, Ledger + "LedgerCommand", "Leave"), OpCodes.Ldc_I4_4, OpCodes.Ldc_I4_3);

    /// <summary>Nothing is recorded, it is said, while the ledger thread has the claim in its hands: without the exchange nobody knows.</summary>
    public static void LedgerDoesNotSayThatItTakes(ModuleDefinition core) =>
        MakeNothing(core, Ledger + "DiskWatch", "GatheringBegins", "Exchange", Instruction.Create(OpCodes.Ldc_I4_0));

    /// <summary>The same from the other side.</summary>
    public static void RefusalDoesNotAskWhatIsBeingTaken(ModuleDefinition core)
    {
        MethodDefinition method = Method(core, Ledger + "DiskWatch", "RefusesAtOnce");
        Instruction read = method.Body.Instructions[IndexOf(method, OpCodes.Ldflda, "_isGathering") + 1];
        (read.OpCode, read.Operand) = (OpCodes.Pop, null);
        method.Body.GetILProcessor().InsertAfter(read, Instruction.Create(OpCodes.Ldc_I4_0));
    }

    /// <summary>A claim that waited while the disk was slow looks like any other when it is quick again.</summary>
    public static void SlowSpellsAreNotCounted(ModuleDefinition core) => MakeNothing(core, Ledger + "DiskWatch", "SetSlow", "Write");

    /// <summary>As it was: whoever finds the step too long leaves it to the step to find that too, and the step has looked at the clock before.</summary>
    public static void SlowSpellIsToldBeforeItIsCounted(ModuleDefinition core) =>
        MakeNothing(core, Ledger + "DiskWatch", "RefusesAtOnce", "SetSlow", Instruction.Create(OpCodes.Pop));

    /// <summary>Two arguments are taken from the stack, and what <paramref name="more"/> says happens instead of the call.</summary>
    private static void MakeNothing(ModuleDefinition core, string type, string method, string called, params Instruction[] more)
    {
        MethodDefinition from = Method(core, type, method);
        Instruction call = from.Body.Instructions.Single(at => at.Operand is MethodReference one && one.Name == called);
        (call.OpCode, call.Operand) = (OpCodes.Pop, null);
        foreach (Instruction one in more.Prepend(Instruction.Create(OpCodes.Pop)).Reverse())
        {
            from.Body.GetILProcessor().InsertAfter(call, one);
        }
    }

    private static void TearSwapOfLeave(ModuleDefinition core, int which) =>
        Method(core, Ledger + "LedgerCommand", "Leave").Body.Instructions.Where(at => at.Operand is MethodReference { Name: "CompareExchange" }).ElementAt(which)
            .Operand = core.ImportReference(typeof(Controlled).GetMethod(nameof(Controlled.TornCompareExchange)));

    // The states of a command are longs; the constants of its kinds are not.
    private static void Exchange(MethodDefinition method, OpCode code, OpCode by) =>
        method.Body.Instructions.First(at => at.OpCode == code && at.Next.OpCode == OpCodes.Conv_I8).OpCode = by;

    private static MethodDefinition Execute(ModuleDefinition core) => core.GetType(Clearing + "Channel").Methods.Single(method => method.Name.EndsWith("Execute", StringComparison.Ordinal));

    private static MethodDefinition Method(ModuleDefinition core, string type, string name) => core.GetType(type).Methods.Single(method => method.Name == name);

    private static void Replace(ModuleDefinition core, string type, string method, string called, string by)
    {
        Instruction call = Method(core, type, method).Body.Instructions.Single(at => at.Operand is MethodReference { DeclaringType.Name: "Interlocked" } one && one.Name == called);
        call.Operand = core.ImportReference(typeof(Controlled).GetMethod(by));
    }

    private static void MakeEmpty(MethodDefinition method)
    {
        method.Body.Instructions.Clear();
        method.Body.ExceptionHandlers.Clear();
        method.Body.Instructions.Add(Instruction.Create(OpCodes.Ret));
    }

    private static int IndexOf(MethodDefinition method, OpCode code, string name) =>
        method.Body.Instructions.ToList().FindIndex(at => at.OpCode == code && at.Operand is MemberReference member && member.Name == name);

    /// <summary>Moves whole statements behind a later one; whoever jumped to the first comes to what follows it.</summary>
    private static void MoveBehind(MethodDefinition method, int at, int count, int last)
    {
        var code = method.Body.Instructions;
        Instruction[] moved = [.. code.Skip(at).Take(count)];
        Instruction next = code[at + count];
        foreach (Instruction jump in code.Where(one => ReferenceEquals(one.Operand, moved[0])))
        {
            jump.Operand = next;
        }
        Instruction behind = code[last];
        foreach (Instruction one in moved)
        {
            code.Remove(one);
        }
        int to = code.IndexOf(behind) + 1;
        for (int i = 0; i < count; i++)
        {
            code.Insert(to + i, moved[i]);
        }
    }
}
