package io.mcpsecurity.sample.console;

import java.time.Clock;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.sample.authorizationserver.ConditionalOnAuthorizationServer;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Configures the data of the console. Without the authorization server in this
 * application there are no users, so there is no console.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnAuthorizationServer
class ConsoleConfiguration {

	private static final int CAPACITY = 1000;

	@Bean
	Activity activity(OfferedTargets offered) {
		return new Activity(offered, Clock.systemUTC());
	}

	@Bean
	AuditFeed auditFeed(Activity activity) {
		return new AuditFeed(CAPACITY, activity);
	}

}
