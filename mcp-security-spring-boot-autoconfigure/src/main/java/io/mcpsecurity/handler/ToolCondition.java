package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.mcp.annotation.McpProgressToken;
import org.springframework.ai.util.JsonHelper;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.Assign;
import org.springframework.expression.spel.ast.BeanReference;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.ConstructorReference;
import org.springframework.expression.spel.ast.FunctionReference;
import org.springframework.expression.spel.ast.MethodReference;
import org.springframework.expression.spel.ast.OpDec;
import org.springframework.expression.spel.ast.OpInc;
import org.springframework.expression.spel.ast.Projection;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.Selection;
import org.springframework.expression.spel.ast.TypeReference;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.SimpleEvaluationContext;

/**
 * A condition on the arguments of one tool. Expressions that could change something are
 * refused when they are parsed, and the evaluation does not support them either.
 * <p>
 * Arguments are converted as Spring AI converts them for the method: otherwise {@code
 * "true"} would not equal {@code true}, although the method gets {@code true}.
 */
final class ToolCondition {

	private static final String CALLER = "caller";

	private static final List<Class<? extends SpelNode>> FORBIDDEN = List.of(MethodReference.class,
			FunctionReference.class, BeanReference.class, ConstructorReference.class, TypeReference.class, Assign.class,
			OpInc.class, OpDec.class);

	private static final JsonHelper json = new JsonHelper();

	private final SpelExpression expression;

	private final Map<String, Type> parameters;

	private final Set<String> names = new LinkedHashSet<>();

	private ToolCondition(SpelExpression expression, Map<String, Type> parameters) {
		this.expression = expression;
		this.parameters = parameters;
	}

	/**
	 * Parse a condition.
	 * @param text the expression
	 * @param method the tool's method, for whose arguments it is evaluated
	 * @throws IllegalArgumentException if it is not an expression, or one that is not
	 * allowed; the message contains the reason
	 */
	static ToolCondition of(String text, Method method) {
		SpelExpression expression;
		try {
			expression = new SpelExpressionParser().parseRaw(text);
		}
		catch (ParseException | IllegalStateException ex) {
			throw new IllegalArgumentException("is not an expression: " + ex.getMessage(), ex);
		}
		ToolCondition condition = new ToolCondition(expression, parameters(method));
		condition.check(expression.getAST(), takesAnything(method), false);
		new ConditionTypes(condition.parameters).check(expression.getAST());
		return condition;
	}

	/** The parameters that clients set. */
	private static Map<String, Type> parameters(Method method) {
		Map<String, Type> parameters = new LinkedHashMap<>();
		for (Parameter parameter : method.getParameters()) {
			String type = parameter.getType().getName();
			if (!type.startsWith("io.modelcontextprotocol.") && !type.startsWith("org.springframework.ai.")
					&& parameter.getType() != McpCaller.class
					&& !parameter.isAnnotationPresent(McpProgressToken.class)) {
				if (parameter.getName().equals(CALLER)) {
					throw new IllegalArgumentException("cannot be used: #caller is not the method's parameter");
				}
				parameters.put(parameter.getName(), parameter.getParameterizedType());
			}
		}
		return parameters;
	}

	private static boolean takesAnything(Method method) {
		return Stream.of(method.getParameterTypes()).anyMatch(CallToolRequest.class::equals);
	}

	/**
	 * Refuse what could change something, and names that would always be {@code null}:
	 * with a misspelt name a condition might never hold.
	 */
	private void check(SpelNode node, boolean anyName, boolean hasRoot) {
		if (FORBIDDEN.stream().anyMatch((type) -> type.isInstance(node))) {
			throw new IllegalArgumentException("must only read: '" + node.toStringAST() + "' is not allowed");
		}
		if (node instanceof VariableReference) {
			String name = node.toStringAST().substring(1);
			if (!name.equals(CALLER) && !(hasRoot && name.equals("this"))) {
				boolean known = this.parameters.containsKey(name)
						|| (anyName && !name.equals("this") && !name.equals("root"));
				if (!known) {
					throw new IllegalArgumentException("names #" + name
							+ ", which is no argument of the tool: those are " + this.parameters.keySet());
				}
				this.names.add(name);
			}
		}
		if (node instanceof PropertyOrFieldReference && !hasRoot) {
			throw new IllegalArgumentException(
					"names '" + node.toStringAST() + "', which would be #" + node.toStringAST() + " as an argument");
		}
		for (int i = 0; i < node.getChildCount(); i++) {
			boolean below = hasRoot || node instanceof Selection || node instanceof Projection
					|| (node instanceof CompoundExpression && i > 0);
			check(node.getChild(i), anyName, below);
		}
	}

	/**
	 * Whether the condition holds. It also holds if an argument has the wrong type: a
	 * caller with the scopes then gets the error of the tool, which converts it in the
	 * same way.
	 * @param arguments the arguments as the client sent them
	 * @param caller the caller
	 * @throws RuntimeException if it cannot be evaluated
	 */
	boolean holds(Map<String, Object> arguments, @Nullable McpCaller caller) {
		SimpleEvaluationContext context = SimpleEvaluationContext.forReadOnlyDataBinding().build();
		context.setVariable(CALLER, caller);
		try {
			this.names
				.forEach((name) -> context.setVariable(name, convert(arguments.get(name), this.parameters.get(name))));
		}
		catch (RuntimeException ex) {
			return true;
		}
		return isTrue(context);
	}

	private boolean isTrue(EvaluationContext context) {
		try {
			if (this.expression.getValue(context) instanceof Boolean holds) {
				return holds;
			}
		}
		catch (StackOverflowError ex) {
			// The depth of a regular expression depends on the length of the value.
			throw new IllegalStateException("Too deep", ex);
		}
		throw new IllegalStateException("Neither true nor false");
	}

	private static @Nullable Object convert(@Nullable Object value, @Nullable Type type) {
		if (value == null || type == null) {
			return value;
		}
		return (type instanceof Class<?> known) ? json.convertToTypedObject(value, known)
				: json.fromJson(json.toJson(value, true), type);
	}

}
