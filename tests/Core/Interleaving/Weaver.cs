using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Runtime.Loader;
using HotPath.Core.Buffers;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>
/// The real Core with a scheduling point before each shared access, made from the compiled assembly: what is explored is the code that ships,
/// and it pays nothing for being explored. Scenarios run in a load context of their own, where Core is the woven one.
/// </summary>
internal sealed class Weaver : AssemblyLoadContext
{
    private const string CoreName = "HotPath.Core";
    private const string TestsName = "HotPath.Core.Tests";

    // Threads meet in these, and in what is nested in them.
    private static readonly string[] Woven =
    [
        "HotPath.Core.Buffers.MpscRing`1", "HotPath.Core.Clearing.Channel", "HotPath.Core.Clearing.ClearingCall", "HotPath.Core.Runtime.ThreadScheduler",
        "HotPath.Core.Pipeline.TradeWaiters", "HotPath.Core.Ledger.Embedded.EmbeddedLedger", "HotPath.Core.Ledger.Embedded.LedgerThread",
        "HotPath.Core.Ledger.Embedded.NumberSource", "HotPath.Core.Ledger.Embedded.ReaderGate", "HotPath.Core.Ledger.Embedded.SegmentPreparer",
    ];

    // Woven as well where they are what a scenario is about: elsewhere their steps would only multiply the ways to go.
    private static readonly string[] WovenForDeadlines = ["HotPath.Core.Ledger.Embedded.LedgerCommand", "HotPath.Core.Ledger.Embedded.DiskWatch"];

    private static readonly string[] AboutDeadlines =
    [
        nameof(Scenarios.ClaimOrDeadline), nameof(Scenarios.ClaimOrOldTimer), nameof(Scenarios.ClaimOrDeadlineOnABrokenDisk), nameof(Scenarios.RecordOrDeadline),
        nameof(Scenarios.ClaimTwiceOnASlowDisk),
    ];

    // Where plain fields too are handed from thread to thread: a point before each access to one.
    private static readonly string[] Handed = ["HotPath.Core.Buffers.MpscRing`1/Cell", "HotPath.Core.Clearing.ClearingCall"];

    private static readonly Dictionary<string, string> Replaced = new()
    {
        ["System.Threading.Lock::EnterScope"] = nameof(Controlled.EnterScope),
        ["System.Threading.Lock/Scope::Dispose"] = nameof(Controlled.ExitScope),
        ["System.Threading.Monitor::Enter"] = nameof(Controlled.MonitorEnter),
        ["System.Threading.Monitor::Exit"] = nameof(Controlled.MonitorExit),
        ["System.Threading.WaitHandle::WaitOne"] = nameof(Controlled.WaitOne),
        ["System.Threading.EventWaitHandle::Set"] = nameof(Controlled.Set),
        ["System.Threading.Thread::.ctor"] = nameof(Controlled.NewThread),
        ["System.Threading.Thread::Start"] = nameof(Controlled.Start),
        ["System.Threading.Thread::Join"] = nameof(Controlled.Join),
        ["System.Threading.SpinWait::SpinOnce"] = nameof(Controlled.SpinOnce),
        ["HotPath.Core.Runtime.ShortSleep::For"] = nameof(Controlled.Sleep),
    };

    private readonly byte[] _core;

    private Weaver(byte[] core)
        : base(isCollectible: true) => _core = core;

    /// <summary>Explores one of <see cref="Scenarios"/> on Core as it is, or with a bug planted in it.</summary>
    internal static Exploration Explore(string scenario, int deviations, int mostExecutions, Action<ModuleDefinition>? plant = null)
    {
        var context = new Weaver(Weave(AboutDeadlines.Contains(scenario) ? [.. Woven, .. WovenForDeadlines] : Woven, plant));
        try
        {
            Assembly tests = context.LoadFromAssemblyName(new AssemblyName(TestsName));
            object result = tests.GetType(typeof(Scenarios).FullName!, throwOnError: true)!
                .GetMethod(nameof(Scenarios.Explore), BindingFlags.Static | BindingFlags.NonPublic)!
                .Invoke(null, [scenario, deviations, mostExecutions])!;
            // The record is the other context's: read it by name.
            object? Of(string name) => result.GetType().GetProperty(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.GetValue(result);
            return new Exploration((int)Of(nameof(Exploration.Executions))!, (bool)Of(nameof(Exploration.IsExhausted))!, (string?)Of(nameof(Exploration.Failure)));
        }
        catch (TargetInvocationException wrapped)
        {
            ExceptionDispatchInfo.Throw(wrapped.InnerException!);
            throw;
        }
        finally
        {
            context.Unload();
        }
    }

    protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name switch
    {
        CoreName => LoadFromStream(new MemoryStream(_core)),
        TestsName => LoadFromStream(new MemoryStream(File.ReadAllBytes(typeof(Weaver).Assembly.Location))),
        _ => null,
    };

    private static byte[] Weave(string[] types, Action<ModuleDefinition>? plant)
    {
        using var module = ModuleDefinition.ReadModule(typeof(MpscRing<>).Assembly.Location);
        plant?.Invoke(module);
        MethodReference point = module.ImportReference(typeof(Controlled).GetMethod(nameof(Controlled.Point)));
        foreach (TypeDefinition type in module.GetTypes().Where(type => Array.Exists(types, name => type.FullName == name || type.FullName.StartsWith(name + "/", StringComparison.Ordinal))))
        {
            // What is under construction nobody else has yet; but a constructor may start a thread.
            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody))
            {
                Weave(method, point);
            }
        }
        using var woven = new MemoryStream();
        module.Write(woven);
        return woven.ToArray();
    }

    private static void Weave(MethodDefinition method, MethodReference point)
    {
        method.Body.SimplifyMacros();
        ILProcessor code = method.Body.GetILProcessor();
        foreach (Instruction at in method.Body.Instructions.ToArray())
        {
            if (at.Operand is MethodReference called && Replaced.TryGetValue(NameOf(called), out string? by))
            {
                at.OpCode = OpCodes.Call;
                at.Operand = method.Module.ImportReference(typeof(Controlled).GetMethod(by));
            }
            else if (!method.IsConstructor && WhatIsShared(at) is { } shared)
            {
                // The access moves behind the point, and whoever jumped to it comes by the point.
                Instruction access = Instruction.Create(OpCodes.Nop);
                (access.OpCode, access.Operand) = (at.OpCode, at.Operand);
                (at.OpCode, at.Operand) = (OpCodes.Ldstr, $"{method.DeclaringType.Name}.{method.Name}: {shared}");
                Instruction call = Instruction.Create(OpCodes.Call, point);
                code.InsertAfter(at, call);
                code.InsertAfter(call, access);
            }
        }
        method.Body.OptimizeMacros();
    }

    private static string? WhatIsShared(Instruction at) => at switch
    {
        { Operand: MethodReference { DeclaringType.FullName: "System.Threading.Interlocked" or "System.Threading.Volatile" } called } => called.DeclaringType.Name + "." + called.Name,
        { OpCode.Code: Code.Volatile } => "volatile " + ((MemberReference)at.Next.Operand).Name,
        { OpCode.Code: Code.Ldfld or Code.Stfld, Operand: FieldReference field, Previous.OpCode.Code: not Code.Volatile }
            when Handed.Contains(field.DeclaringType.GetElementType().FullName) && !field.Resolve().IsInitOnly => field.Name,
        _ => null,
    };

    private static string NameOf(MethodReference method) => $"{method.DeclaringType.FullName}::{method.Name}";
}
