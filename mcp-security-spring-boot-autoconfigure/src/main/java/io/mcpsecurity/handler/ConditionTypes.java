package io.mcpsecurity.handler;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.Indexer;
import org.springframework.expression.spel.ast.InlineList;
import org.springframework.expression.spel.ast.Literal;
import org.springframework.expression.spel.ast.OpEQ;
import org.springframework.expression.spel.ast.OpGE;
import org.springframework.expression.spel.ast.OpGT;
import org.springframework.expression.spel.ast.OpLE;
import org.springframework.expression.spel.ast.OpLT;
import org.springframework.expression.spel.ast.OpNE;
import org.springframework.expression.spel.ast.OpPlus;
import org.springframework.expression.spel.ast.OperatorBetween;
import org.springframework.expression.spel.ast.Projection;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.Selection;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * Refuses comparisons of values that are never equal because of their types. SpEL
 * compares an enum constant, a date or a number with a text without an error, so a
 * condition would never hold, and the tool would run without the scope.
 *
 * @param parameters the types of the tool's arguments by their names
 */
record ConditionTypes(Map<String, Type> parameters) {

	private static final List<Class<? extends SpelNode>> COMPARISONS = List.of(OpEQ.class, OpNE.class, OpLT.class,
			OpLE.class, OpGT.class, OpGE.class);

	/**
	 * Check an expression.
	 * @throws IllegalArgumentException if it compares values of types that are never
	 * equal
	 */
	void check(SpelNode expression) {
		typeOf(expression, ResolvableType.NONE);
	}

	/**
	 * The type of a part of the expression, after all comparisons in it are checked;
	 * {@link ResolvableType#NONE} if it is unknown.
	 * @param node the part
	 * @param scope the type of the object that its properties belong to
	 */
	private ResolvableType typeOf(SpelNode node, ResolvableType scope) {
		if (node instanceof CompoundExpression) {
			ResolvableType type = typeOf(node.getChild(0), scope);
			for (int i = 1; i < node.getChildCount(); i++) {
				type = typeOf(node.getChild(i), type);
			}
			return type;
		}
		if (node instanceof Selection) {
			typeOf(node.getChild(0), elementOf(scope));
			return scope;
		}
		if (node instanceof Projection) {
			ResolvableType element = typeOf(node.getChild(0), elementOf(scope));
			return ResolvableType.forClassWithGenerics(List.class, element);
		}
		ResolvableType value = typeOfValue(node, scope);
		if (value != null) {
			return value;
		}
		List<ResolvableType> children = Stream.iterate(0, (i) -> i < node.getChildCount(), (i) -> i + 1)
			.map((i) -> typeOf(node.getChild(i), scope))
			.toList();
		if (node instanceof Indexer) {
			return elementOf(scope);
		}
		if (node instanceof InlineList) {
			return ResolvableType.forClass(List.class);
		}
		if (node instanceof OperatorBetween && node.getChild(1) instanceof InlineList bounds) {
			for (int i = 0; i < bounds.getChildCount(); i++) {
				requireComparable(node.getChild(0), children.get(0), bounds.getChild(i),
						typeOf(bounds.getChild(i), scope));
			}
		}
		if (COMPARISONS.contains(node.getClass())) {
			requireComparable(node.getChild(0), children.get(0), node.getChild(1), children.get(1));
			return ResolvableType.forClass(Boolean.class);
		}
		boolean text = node instanceof OpPlus && children.stream().anyMatch((child) -> is(CharSequence.class, child));
		return text ? ResolvableType.forClass(String.class) : ResolvableType.NONE;
	}

	/** The type of a variable, property or literal, or {@code null} for other parts. */
	private @Nullable ResolvableType typeOfValue(SpelNode node, ResolvableType scope) {
		if (node instanceof VariableReference) {
			String name = node.toStringAST().substring(1);
			return name.equals("this") ? scope : name.equals("caller") ? ResolvableType.forClass(McpCaller.class)
					: ResolvableType.forType(this.parameters.get(name));
		}
		if (node instanceof PropertyOrFieldReference property) {
			return propertyOf(scope, property.getName());
		}
		if (node instanceof Literal literal) {
			Object value = literal.getLiteralValue().getValue();
			return (value != null) ? ResolvableType.forClass(value.getClass()) : ResolvableType.NONE;
		}
		return null;
	}

	private static void requireComparable(SpelNode left, ResolvableType leftType, SpelNode right,
			ResolvableType rightType) {
		Class<?> one = known(leftType);
		Class<?> other = known(rightType);
		if (one == null || other == null || one.isAssignableFrom(other) || other.isAssignableFrom(one)
				|| Stream.of(Number.class, CharSequence.class)
					.anyMatch((type) -> is(type, leftType) && is(type, rightType))) {
			return;
		}
		SpelNode value = (left instanceof Literal) ? right : left;
		throw new IllegalArgumentException(
				"compares %s (%s) with %s (%s), and such values are never equal. Compare values of one type: '' + %s is the text of %s"
					.formatted(left.toStringAST(), one.getSimpleName(), right.toStringAST(), other.getSimpleName(),
							value.toStringAST(), value.toStringAST()));
	}

	private static boolean is(Class<?> expected, ResolvableType type) {
		Class<?> known = known(type);
		return known != null && expected.isAssignableFrom(known);
	}

	private static @Nullable Class<?> known(ResolvableType type) {
		Class<?> known = type.resolve();
		return (known != null && known != Object.class) ? ClassUtils.resolvePrimitiveIfNecessary(known) : null;
	}

	private static ResolvableType elementOf(ResolvableType type) {
		if (type.isArray()) {
			return type.getComponentType();
		}
		return is(Map.class, type) ? type.as(Map.class).getGeneric(1) : type.as(Collection.class).getGeneric();
	}

	/**
	 * The type of a property as SpEL finds it: by a getter, by an accessor like those of
	 * records, or by a field.
	 */
	private static ResolvableType propertyOf(ResolvableType owner, String name) {
		Class<?> type = known(owner);
		if (type == null) {
			return ResolvableType.NONE;
		}
		String suffix = StringUtils.capitalize(name);
		for (String getter : List.of("get" + suffix, "is" + suffix, name)) {
			Method method = ReflectionUtils.findMethod(type, getter);
			if (method != null) {
				return ResolvableType.forMethodReturnType(method, type);
			}
		}
		Field field = ReflectionUtils.findField(type, name);
		return (field != null) ? ResolvableType.forField(field, owner) : ResolvableType.NONE;
	}

}
