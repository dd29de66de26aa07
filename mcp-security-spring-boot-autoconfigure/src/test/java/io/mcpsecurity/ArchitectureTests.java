package io.mcpsecurity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.mcpsecurity.message.McpMethod;
import org.jspecify.annotations.NullMarked;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The dependencies between the packages of the library, and what no package may do.
 */
@AnalyzeClasses(packages = "io.mcpsecurity", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	/**
	 * The API outside the package {@code io.mcpsecurity}, as docs/architecture.md lists
	 * it.
	 */
	private static final List<String> API = List.of("actuate.McpSecurityEndpoint", "audit.AuditSink",
			"audit.McpAuditEvent", "autoconfigure.AuthorizationServerConnectionDetails",
			"autoconfigure.McpSecurityProperties", "client.ClientDenials", "downstream.Downstream",
			"downstream.DownstreamCaller", "downstream.DownstreamException", "downstream.InboundTokens",
			"observation.DefaultMcpServerObservationConvention", "observation.McpServerMeterObservationHandler",
			"observation.McpServerObservationContext", "observation.McpServerObservationConvention", "token.Provider");

	private static final Pattern TYPE = Pattern.compile("\\bio\\.mcpsecurity\\.((?:[a-z]+\\.)*[A-Z]\\w*)");

	@ArchTest
	static final ArchRule messageAndAuthorizationDependOnNeitherServletsNorSpring = noClasses().that()
		.resideInAnyPackage("io.mcpsecurity.message..", "io.mcpsecurity.authorization..")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("jakarta.servlet..", "org.springframework..");

	@ArchTest
	static final ArchRule auditDependsOnNeitherServletsNorSpring = noClasses().that()
		.resideInAPackage("io.mcpsecurity.audit..")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("jakarta.servlet..", "org.springframework..");

	@ArchTest
	static final ArchRule exchangeDependsOnNoServletsAndOnlyOnSpringSecurityFromSpring = noClasses().that()
		.resideInAPackage("io.mcpsecurity.exchange..")
		.should()
		.dependOnClassesThat(JavaClass.Predicates.resideInAnyPackage("jakarta.servlet..", "org.springframework..")
			.and(not(JavaClass.Predicates.resideInAPackage("org.springframework.security.."))));

	@ArchTest
	static final ArchRule messageDependsOnNoOtherPackage = noClasses().that()
		.resideInAPackage("io.mcpsecurity.message..")
		.should()
		.dependOnClassesThat(DescribedPredicate.describe("are of other packages",
				(JavaClass type) -> type.getPackageName().startsWith("io.mcpsecurity")
						&& !type.getPackageName().startsWith("io.mcpsecurity.message")));

	@ArchTest
	static final ArchRule onlyAutoconfigureAndActuateDependOnSpringBoot = noClasses().that()
		.resideOutsideOfPackages("io.mcpsecurity.autoconfigure..", "io.mcpsecurity.actuate..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.boot..");

	@ArchTest
	static final ArchRule onlyTransportAndAutoconfigureDependOnServlets = noClasses().that()
		.resideOutsideOfPackages("io.mcpsecurity.transport..", "io.mcpsecurity.autoconfigure..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("jakarta.servlet..");

	@ArchTest
	static final ArchRule onlyObservationActuateAndAutoconfigureDependOnMicrometer = noClasses().that()
		.resideOutsideOfPackages("io.mcpsecurity.observation..", "io.mcpsecurity.actuate..",
				"io.mcpsecurity.autoconfigure..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.micrometer..");

	@ArchTest
	static final ArchRule noOtherPackageDependsOnAutoconfigure = noClasses().that()
		.resideOutsideOfPackage("io.mcpsecurity.autoconfigure..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.mcpsecurity.autoconfigure..");

	@ArchTest
	static final ArchRule rootPackageDependsOnNoOtherPackage = noClasses().that()
		.resideInAPackage("io.mcpsecurity")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.mcpsecurity.*..");

	@ArchTest
	static final ArchRule packagesHaveNoCycles = SlicesRuleDefinition.slices()
		.matching("io.mcpsecurity.(*)..")
		.should()
		.beFreeOfCycles();

	@ArchTest
	static void theDocumentationListsTheApi(JavaClasses classes) throws IOException {
		String page = Files.readString(Path.of("../docs/architecture.md"));
		assertThat(types(page).filter((type) -> page.contains("| `io.mcpsecurity." + type + "` |")))
			.containsExactlyElementsOf(API);
	}

	@ArchTest
	static void theApiRefersToNoOtherTypesButEnums(JavaClasses classes) {
		List<JavaMethod> methods = classes.stream()
			.filter((type) -> type.getModifiers().contains(JavaModifier.PUBLIC))
			.filter((type) -> types(type.getName()).anyMatch(ArchitectureTests::isApi))
			.flatMap((type) -> type.getMethods().stream())
			.filter((method) -> method.getModifiers().contains(JavaModifier.PUBLIC))
			.toList();
		assertThat(methods).isNotEmpty()
			.allSatisfy((method) -> assertThat(
					Stream.concat(Stream.of(method.getReturnType()), method.getParameterTypes().stream())
						.flatMap((type) -> type.getAllInvolvedRawTypes().stream())
						.filter((type) -> !type.isEnum())
						.flatMap((type) -> types(type.getName())))
				.allMatch(ArchitectureTests::isApi));
	}

	/**
	 * The sample, the interoperability tests and the tests of mcp-security-test are in
	 * other modules.
	 */
	@ArchTest
	static void applicationsUseOnlyTheApi(JavaClasses classes) throws IOException {
		Map<String, String> packages = Map.of("../sample-app/src", "io.mcpsecurity.sample", "../interop-tests/src",
				"io.mcpsecurity.interop", "../mcp-security-test/src/test/java/com", "com.example");
		for (Map.Entry<String, String> module : packages.entrySet()) {
			try (Stream<Path> files = Files.walk(Path.of(module.getKey()))) {
				assertThat(files.filter((file) -> file.toString().endsWith(".java"))).isNotEmpty()
					.allSatisfy((file) -> {
						String source = Files.readString(file);
						assertThat(source).contains("package " + module.getValue());
						assertThat(types(source)).allMatch((type) -> isApi(type) || type.startsWith("test.")
								|| ("io.mcpsecurity." + type).startsWith(module.getValue() + "."));
					});
			}
		}
	}

	/**
	 * The types of the library in a text, without the package that all have in common.
	 */
	private static Stream<String> types(String text) {
		return TYPE.matcher(text).results().map((type) -> type.group(1));
	}

	private static boolean isApi(String type) {
		return !type.contains(".") || API.contains(type);
	}

	/**
	 * What is known of a request is handed on with the exchange, on whichever thread.
	 */
	@ArchTest
	static final ArchRule requestContextHolderIsNotUsed = noClasses().should()
		.dependOnClassesThat()
		.haveFullyQualifiedName("org.springframework.web.context.request.RequestContextHolder");

	/**
	 * The transaction manager has the timeout of the transaction that the thread is in,
	 * as Spring has the transaction itself.
	 */
	@ArchTest
	static final ArchRule threadLocalFieldsAreUsedOnlyByTransactionManager = noFields().that()
		.areDeclaredInClassesThat()
		.doNotHaveFullyQualifiedName("io.mcpsecurity.actuate.jdbc.BoundedTransactionManager")
		.should()
		.haveRawType(assignableTo(ThreadLocal.class));

	/**
	 * Hooks are for the whole virtual machine.
	 */
	@ArchTest
	static final ArchRule reactorHooksAreNotSet = noClasses().should()
		.dependOnClassesThat()
		.haveFullyQualifiedName("reactor.core.publisher.Hooks")
		.orShould()
		.callMethodWhere(target(owner(name("reactor.core.scheduler.Schedulers")))
			.and(target(nameMatching("onScheduleHook|setFactory|setExecutorServiceDecorator|addExecutorServiceDecorator"
					+ "|onHandleError|enableMetrics"))));

	/**
	 * The class that does says which interfaces are missing.
	 */
	@ArchTest
	static final ArchRule reflectiveAccessToPrivateMembersIsRestricted = noClasses().that()
		.doNotHaveFullyQualifiedName("io.mcpsecurity.handler.PrivateFields")
		.should()
		.callMethodWhere(target(nameMatching("(try)?[sS]etAccessible|makeAccessible")));

	@ArchTest
	static final ArchRule fieldInjectionIsNotUsed = NO_CLASSES_SHOULD_USE_FIELD_INJECTION;

	@ArchTest
	static final ArchRule javaUtilLoggingIsNotUsed = NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

	@ArchTest
	static final ArchRule standardStreamsAreNotUsed = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

	@ArchTest
	static final ArchRule staticFieldsAreFinal = fields().that().areStatic().should().beFinal();

	@ArchTest
	static final ArchRule instanceFieldsAreNotPublic = noFields().that().areNotStatic().should().bePublic();

	@ArchTest
	static void everyPackageIsNullMarked(JavaClasses classes) {
		for (JavaClass type : classes) {
			JavaPackage own = type.getPackage();
			assertThat(own.isAnnotatedWith(NullMarked.class)).as("package-info of " + own.getName()).isTrue();
		}
	}

	/**
	 * Constants are inlined by the compiler, so the source is searched.
	 */
	@ArchTest
	static void methodNamesAndRevisionsOfMcpAppearOnlyInTheirEnums(JavaClasses classes) throws IOException {
		String methods = Stream.of(McpMethod.values())
			.map(McpMethod::text)
			.filter((method) -> !method.isEmpty())
			.collect(Collectors.joining("|"));
		Pattern known = Pattern
			.compile("\"(?:" + methods + "|\\d{4}-\\d{2}-\\d{2})\"|\\bMETHOD_(?!NOT_)[A-Z]|\\bProtocolVersions\\b");
		List<String> tables = List.of("McpMethod.java", "McpRevision.java");
		try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
			assertThat(files.filter(Files::isRegularFile)
				.filter((file) -> !tables.contains(file.getFileName().toString()))).isNotEmpty()
				.allSatisfy((file) -> assertThat(Files.readString(file)).doesNotContainPattern(known));
		}
	}

}
