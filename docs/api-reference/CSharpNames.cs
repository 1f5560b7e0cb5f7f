using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FcnSharp.ApiReference;

/// <summary>Types and members as C# writes them.</summary>
internal static class CSharpNames
{
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(char)] = "char",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(nint)] = "nint",
    };

    private static readonly Dictionary<string, string> Operators = new()
    {
        ["op_Equality"] = "operator ==",
        ["op_Inequality"] = "operator !=",
        ["op_Implicit"] = "implicit operator",
    };

    /// <summary>A type's name without its namespace; a nested one behind the type that it is in.</summary>
    public static string Simple(Type type)
    {
        string own = type.Name.Split('`')[0];
        Type[] arguments = type.GetGenericArguments();
        string name = arguments.Length == 0 || !type.Name.Contains('`') ? own : $"{own}<{string.Join(", ", arguments.Select(a => a.Name))}>";
        return type.DeclaringType is { } outer ? $"{Simple(outer)}.{name}" : name;
    }

    /// <summary>What kind of type it is, its name and what it is made from.</summary>
    public static string Declaration(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return $"delegate {Returned(invoke)} {Simple(type)}({Parameters(invoke.GetParameters())})";
        }

        string kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsEnum: true } => "enum",
            { IsValueType: true } => IsRecord(type) ? "record struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            _ => (type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + (IsRecord(type) ? "record" : "class"),
        };
        string primary = PrimaryConstructor(type) is { } constructor ? $"({Parameters(constructor.GetParameters())})" : "";
        string[] bases = [.. Bases(type).Select(b => Name(b, null, []))];
        return $"{kind} {Simple(type)}{primary}{(bases.Length > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    /// <summary>A member as it is declared, without accessibility.</summary>
    public static string Signature(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"{Simple(constructor.DeclaringType!).Split('.')[^1].Split('<')[0]}({Parameters(constructor.GetParameters())})",
        MethodInfo method => $"{Modifier(method)}{Returned(method)} {Operators.GetValueOrDefault(method.Name, method.Name)}{TypeParameters(method)}({(IsExtension(method) ? "this " : "")}{Parameters(method.GetParameters())})",
        PropertyInfo property => PropertySignature(property),
        FieldInfo field => FieldSignature(field),
        EventInfo happening => $"event {Name(happening.EventHandlerType!, null, [])} {happening.Name}",
        _ => member.Name,
    };

    /// <summary>Whether the compiler made a type from a record declaration.</summary>
    public static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)?.IsDefined(typeof(CompilerGeneratedAttribute)) == true;

    /// <summary>A record's constructor of its header; null where it has none.</summary>
    public static ConstructorInfo? PrimaryConstructor(Type type)
    {
        ParameterInfo[]? parts = IsRecord(type) ? type.GetMethods().FirstOrDefault(m => m.Name == "Deconstruct" && m.IsDefined(typeof(CompilerGeneratedAttribute)))?.GetParameters() : null;
        return parts is null ? null : type.GetConstructors().FirstOrDefault(c => c.GetParameters().Select(p => p.Name).SequenceEqual(parts.Select(p => p.Name)));
    }

    private static IEnumerable<Type> Bases(Type type)
    {
        if (type.IsEnum || type.IsValueType)
        {
            return Interfaces(type);
        }

        bool plain = type.BaseType is null || type.BaseType == typeof(object);
        return plain ? Interfaces(type) : Interfaces(type).Except(type.BaseType!.GetInterfaces()).Prepend(type.BaseType);
    }

    /// <summary>Interfaces that it names itself: not what other interfaces bring, nor what every record or enum has.</summary>
    private static IEnumerable<Type> Interfaces(Type type)
    {
        Type[] all = type.IsEnum ? [] : type.GetInterfaces();
        return all.Where(i => i.IsPublic && !(i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEquatable<>)) && !all.Any(other => other.GetInterfaces().Contains(i)));
    }

    private static string Modifier(MethodInfo method) => method switch
    {
        { IsStatic: true } => "static ",
        { DeclaringType.IsInterface: true } => "",
        { IsAbstract: true } => "abstract ",
        _ => method.IsVirtual && !method.IsFinal && method.GetBaseDefinition() == method ? "virtual " : "",
    };

    private static bool IsExtension(MethodInfo method) => method.IsDefined(typeof(ExtensionAttribute));

    private static string TypeParameters(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string Returned(MethodInfo method) => Name(method.ReturnType, Nullability.Create(method.ReturnParameter), TupleNames(method.ReturnParameter));

    private static string PropertySignature(PropertyInfo property)
    {
        string type = Name(property.PropertyType, Nullability.Create(property), TupleNames(property));
        MethodInfo get = property.GetMethod ?? property.SetMethod!;
        string set = property.SetMethod is not { } setter || !IsVisible(setter)
            ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length > 0 ? $"this[{Parameters(index)}]" : property.Name;
        return $"{required}{Modifier(get)}{type} {name} {{ get;{set} }}";
    }

    private static string FieldSignature(FieldInfo field)
    {
        string type = Name(field.FieldType, Nullability.Create(field), TupleNames(field));
        return field.IsLiteral ? $"const {type} {field.Name} = {Value(field.GetRawConstantValue(), field.FieldType)}" : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    /// <summary>Whether those who use the library can call it, or override it.</summary>
    public static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(p =>
    {
        bool many = p.IsDefined(typeof(ParamArrayAttribute)) || p.IsDefined(typeof(ParamCollectionAttribute));
        string passing = many ? "params " : !p.ParameterType.IsByRef ? "" : p.IsOut ? "out " : p.IsIn ? "in " : "ref ";
        Type type = p.ParameterType.IsByRef ? p.ParameterType.GetElementType()! : p.ParameterType;
        string value = p.HasDefaultValue ? " = " + Value(p.DefaultValue, type) : "";
        return $"{passing}{Name(type, p.ParameterType.IsByRef ? null : Nullability.Create(p), TupleNames(p))} {p.Name}{value}";
    }));

    private static string Value(object? value, Type type) => value switch
    {
        null => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
        bool b => b ? "true" : "false",
        string s => $"\"{s}\"",
        _ when type.IsEnum => $"{type.Name}.{Enum.ToObject(type, value)}",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static Queue<string?> TupleNames(ICustomAttributeProvider provider) =>
        new(provider.GetCustomAttributes(typeof(TupleElementNamesAttribute), false) is [TupleElementNamesAttribute names] ? names.TransformNames : []);

    /// <summary>A type's name, with ? where null is allowed, and tuples in parentheses with the names of their elements.</summary>
    private static string Name(Type type, NullabilityInfo? nullability, Queue<string?> tupleNames)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Name(inner, null, tupleNames) + "?";
        }

        string optional = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword + optional;
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!, nullability?.ElementType, tupleNames)}[]{optional}";
        }

        if (type.IsPointer)
        {
            return Name(type.GetElementType()!, null, tupleNames) + "*";
        }

        if (!type.IsGenericType)
        {
            return (type.IsGenericParameter ? type.Name : Simple(type)) + optional;
        }

        Type[] arguments = type.GetGenericArguments();
        NullabilityInfo? Of(int i) => nullability?.GenericTypeArguments is { } all && i < all.Length ? all[i] : null;
        if (type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
        {
            // The names of a tuple's elements come before those of tuples in them.
            string?[] names = [.. arguments.Select(_ => tupleNames.TryDequeue(out string? name) ? name : null)];
            return $"({string.Join(", ", arguments.Select((a, i) => Name(a, Of(i), tupleNames) + (names[i] is { } n ? " " + n : "")))})";
        }

        string own = type.Name.Split('`')[0];
        string outer = type.DeclaringType is { } declaring ? Simple(declaring) + "." : "";
        return $"{outer}{own}<{string.Join(", ", arguments.Select((a, i) => Name(a, Of(i), tupleNames)))}>{optional}";
    }
}
