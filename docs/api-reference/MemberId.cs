using System.Reflection;

namespace FcnSharp.ApiReference;

/// <summary>The names by which the compiler's XML file calls types and members (C# specification, annex D.4.2).</summary>
internal static class MemberId
{
    /// <summary>The id of a type, such as "T:FcnSharp.Graph.Network".</summary>
    public static string Of(Type type) => "T:" + FullName(type);

    /// <summary>The id of a member, such as "M:FcnSharp.Graph.Network.Initialize(System.UInt64)".</summary>
    public static string Of(MemberInfo member) => member switch
    {
        Type type => Of(type),
        MethodBase method => $"M:{Owner(member)}.{method.Name.Replace('.', '#')}{Arity(method)}{Parameters(method.GetParameters())}{Converted(method)}",
        PropertyInfo property => $"P:{Owner(member)}.{property.Name}{Parameters(property.GetIndexParameters())}",
        EventInfo => $"E:{Owner(member)}.{member.Name}",
        _ => $"F:{Owner(member)}.{member.Name}",
    };

    private static string Owner(MemberInfo member) => FullName(member.DeclaringType!);

    private static string FullName(Type type) => type.FullName!.Replace('+', '.');

    private static string Arity(MethodBase method) => method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : "";

    private static string Parameters(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(p => Reference(p.ParameterType)))})";

    private static string Converted(MethodBase method) =>
        method is MethodInfo { Name: "op_Implicit" or "op_Explicit" } conversion ? "~" + Reference(conversion.ReturnType) : "";

    private static string Reference(Type type)
    {
        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        if (type.HasElementType)
        {
            return Reference(type.GetElementType()!) + (type.IsArray ? "[]" : type.IsByRef ? "@" : "*");
        }

        return type.IsGenericType
            ? $"{FullName(type.GetGenericTypeDefinition()).Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(Reference))}}}"
            : FullName(type);
    }
}
