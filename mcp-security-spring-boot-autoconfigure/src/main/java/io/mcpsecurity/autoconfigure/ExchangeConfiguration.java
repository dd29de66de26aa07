package io.mcpsecurity.autoconfigure;

import java.time.Clock;

import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.AuditEvents;
import io.mcpsecurity.audit.AuditRecorder;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.handler.SensitiveArguments;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Exchanges, their observers, and what their audit events contain of arguments. */
@Configuration(proxyBeanMethods = false)
class ExchangeConfiguration {

	@Bean
	Exchanges mcpExchanges(ObjectProvider<AuditTrail> trail, ArgumentSummaries arguments,
			ObjectProvider<ExchangeObserver> observers) {
		AuditTrail audit = trail.getIfAvailable();
		return new Exchanges(
				(audit != null) ? new AuditRecorder(audit, new AuditEvents(arguments)) : ExchangeAudit.NONE,
				observers.orderedStream().toList(), Clock.systemUTC());
	}

	@Bean
	ArgumentSummaries mcpArgumentSummaries(McpSecurityProperties properties, CheckedProperties checked,
			SensitiveArguments sensitive) {
		return new ArgumentSummaries(properties.audit().arguments(), checked.sensitiveNames(), sensitive);
	}

	@Bean
	SensitiveArguments mcpSensitiveArguments() {
		return new SensitiveArguments();
	}

	/** Runs after everything that is offered at the start has been registered. */
	@Bean
	SmartInitializingSingleton mcpSensitiveArgumentsCheck(SensitiveArguments arguments,
			ConfigurableListableBeanFactory beans) {
		return () -> arguments.check(beans);
	}

}
