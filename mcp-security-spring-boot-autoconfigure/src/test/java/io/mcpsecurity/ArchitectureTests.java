package io.mcpsecurity;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.jspecify.annotations.NullMarked;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The walls between the rooms of the library.
 */
@AnalyzeClasses(packages = "io.mcpsecurity", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	@ArchTest
	static final ArchRule messageAndAuthorizationKnowNeitherServletsNorSpring = noClasses().that()
		.resideInAnyPackage("io.mcpsecurity.message..", "io.mcpsecurity.authorization..")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("jakarta.servlet..", "org.springframework..");

	@ArchTest
	static final ArchRule auditKnowsNeitherServletsNorSpring = noClasses().that()
		.resideInAPackage("io.mcpsecurity.audit..")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("jakarta.servlet..", "org.springframework..");

	@ArchTest
	static final ArchRule messageDependsOnNoOtherRoom = noClasses().that()
		.resideInAPackage("io.mcpsecurity.message..")
		.should()
		.dependOnClassesThat(DescribedPredicate.describe("are of other rooms",
				(JavaClass type) -> type.getPackageName().startsWith("io.mcpsecurity")
						&& !type.getPackageName().startsWith("io.mcpsecurity.message")));

	@ArchTest
	static final ArchRule onlyAutoconfigureAndActuateKnowSpringBoot = noClasses().that()
		.resideOutsideOfPackages("io.mcpsecurity.autoconfigure..", "io.mcpsecurity.actuate..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.boot..");

	@ArchTest
	static final ArchRule onlyWebAndAutoconfigureKnowServlets = noClasses().that()
		.resideOutsideOfPackages("io.mcpsecurity.transport..", "io.mcpsecurity.autoconfigure..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("jakarta.servlet..");

	@ArchTest
	static final ArchRule onlyThoseWhoMeasureKnowMicrometer = noClasses().that()
		.resideOutsideOfPackages("io.mcpsecurity.observation..", "io.mcpsecurity.actuate..",
				"io.mcpsecurity.autoconfigure..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.micrometer..");

	@ArchTest
	static final ArchRule nobodyDependsOnAutoconfigure = noClasses().that()
		.resideOutsideOfPackage("io.mcpsecurity.autoconfigure..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.mcpsecurity.autoconfigure..");

	@ArchTest
	static final ArchRule theRootDependsOnNoRoom = noClasses().that()
		.resideInAPackage("io.mcpsecurity")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.mcpsecurity.*..");

	@ArchTest
	static final ArchRule theRoomsHaveNoCycles = SlicesRuleDefinition.slices()
		.matching("io.mcpsecurity.(*)..")
		.should()
		.beFreeOfCycles();

	@ArchTest
	static final ArchRule nothingIsInjectedIntoFields = NO_CLASSES_SHOULD_USE_FIELD_INJECTION;

	@ArchTest
	static final ArchRule nobodyUsesJavaUtilLogging = NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

	@ArchTest
	static final ArchRule nobodyWritesToStandardStreams = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

	@ArchTest
	static final ArchRule staticStateIsConstant = fields().that().areStatic().should().beFinal();

	@ArchTest
	static final ArchRule noFieldIsPublicUnlessAConstant = noFields().that().areNotStatic().should().bePublic();

	@ArchTest
	static void everyPackageSaysThatItIsNullMarked(JavaClasses classes) {
		for (JavaClass type : classes) {
			JavaPackage room = type.getPackage();
			assertThat(room.isAnnotatedWith(NullMarked.class)).as("package-info of " + room.getName()).isTrue();
		}
	}

}
