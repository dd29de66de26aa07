package io.mcpsecurity.handler;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotationConfigurationException;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.security.core.annotation.SecurityAnnotationScanner;
import org.springframework.security.core.annotation.SecurityAnnotationScanners;
import org.springframework.util.ClassUtils;

/**
 * Finds an annotation that protects methods, in the same way for each of them.
 *
 * @param <A> the annotation
 */
final class DeclaredAnnotation<A extends Annotation> {

	private final Class<A> annotation;

	private final SecurityAnnotationScanner<A> scanner;

	DeclaredAnnotation(Class<A> annotation) {
		this.annotation = annotation;
		this.scanner = SecurityAnnotationScanners.requireUnique(annotation);
	}

	/** The name of the annotation, for messages. */
	String name() {
		return "@" + this.annotation.getSimpleName();
	}

	boolean canBeIn(Class<?> type) {
		return AnnotationUtils.isCandidateClass(type, this.annotation);
	}

	/** Whether a method or class has the annotation, or inherits it. */
	boolean isOn(AnnotatedElement element) {
		return MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY).isPresent(this.annotation);
	}

	/**
	 * The annotation of a method, or else of the class that it is called on. (The scanner
	 * looks at the class that declares the method, which may be a superclass.)
	 * @throws DeclarationException if an enclosing class has it, which does not apply to
	 * the nested class, although it looks like that
	 */
	@Nullable A of(Method method, Class<?> type) {
		A found = find(method, type);
		if (found == null) {
			refuseEnclosing(method, type);
		}
		return found;
	}

	private @Nullable A find(Method method, Class<?> type) {
		if (method.getDeclaringClass() == type || isOn(method)) {
			return this.scanner.scan(method, type);
		}
		MergedAnnotation<A> direct = MergedAnnotations.from(type).get(this.annotation);
		if (direct.isPresent()) {
			return direct.synthesize();
		}
		List<A> inherited = MergedAnnotations.from(type, SearchStrategy.TYPE_HIERARCHY)
			.stream(this.annotation)
			.map(MergedAnnotation::synthesize)
			.distinct()
			.toList();
		if (inherited.size() > 1) {
			throw new AnnotationConfigurationException("Please ensure there is one unique annotation of type " + name()
					+ " attributed to " + ClassUtils.getShortName(type) + ", found " + inherited);
		}
		return inherited.isEmpty() ? null : inherited.get(0);
	}

	private void refuseEnclosing(Method method, Class<?> type) {
		for (Class<?> outer = type.getEnclosingClass(); outer != null; outer = outer.getEnclosingClass()) {
			if (isOn(outer)) {
				throw new DeclarationException(
						name() + " on " + ClassUtils.getShortName(outer) + " does not protect "
								+ AccessDeclarations.describe(method) + ", because a nested class does not inherit it",
						"put " + name() + " on " + ClassUtils.getShortName(type)
								+ " as well, or move the nested class");
			}
		}
	}

}
