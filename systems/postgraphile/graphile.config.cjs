// PostGraphile for schema.sql: who the caller is, and a subscription to its own notes.

const { PostGraphileAmberPreset } = require("postgraphile/presets/amber");
const { makePgService } = require("postgraphile/adaptors/pg");
const { extendSchema, gql } = require("postgraphile/utils");
const { context, lambda, listen, get } = require("postgraphile/grafast");
const { GraphQLError } = require("postgraphile/graphql");
const { jsonParse } = require("postgraphile/@dataplan/json");
const { defaultMaskError } = require("postgraphile/grafserv");
const jsonwebtoken = require("jsonwebtoken");

const { APP_DATABASE_URL, APP_JWT_SECRET, APP_PORT, APP_BROKEN } = process.env;

// The token comes in connection_init, which is acknowledged whatever it holds; it is read for each operation.
function settings(requestContext) {
  const header =
    requestContext.ws?.normalizedConnectionParams?.authorization ?? requestContext.node?.req.headers.authorization;
  const [scheme, token] = String(header ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer") {
    return { role: "app_anonymous" };
  }
  try {
    if (APP_BROKEN === "unverified-token") {
      return { role: "app_tenant", "jwt.claims.tenant": jsonwebtoken.decode(token).tenant };
    }
    const claims = jsonwebtoken.verify(token, APP_JWT_SECRET, { algorithms: ["HS256"], audience: "postgraphile" });
    return { role: "app_tenant", "jwt.claims.tenant": claims.tenant };
  } catch {
    throw new GraphQLError("the token is not accepted", { extensions: { code: "UNAUTHENTICATED" } });
  }
}

// A subscription must not outlive the token's rights to its topic: the topic is the tenant's of the token.
const NotesSubscription = extendSchema((build) => {
  const notes = build.pgResources.notes;
  return {
    typeDefs: gql`
      extend type Subscription {
        noteWritten: NoteWritten
      }
      type NoteWritten {
        preview: String
        note: Note
      }
    `,
    objects: {
      Subscription: {
        plans: {
          noteWritten: {
            subscribePlan() {
              const $tenant = get(context().get("pgSettings"), "jwt.claims.tenant");
              const $topic = lambda($tenant, (tenant) => {
                if (!tenant) throw new Error("only a tenant can subscribe");
                return APP_BROKEN === "shared-topic" ? "notes" : `notes:${tenant}`;
              });
              return listen(context().get("pgSubscriber"), $topic, jsonParse);
            },
            plan: ($event) => $event,
          },
        },
      },
      NoteWritten: {
        plans: {
          preview: ($event) => get($event, "preview"),
          note: ($event) => notes.get({ id: get($event, "id") }), // as row-level security lets the listener see it
        },
      },
    },
  };
}, "NotesSubscription");

// The application's own errors have SQLSTATEs of class AP; those may be told, and permission denied may.
function maskError(error) {
  const code = error.originalError?.code;
  if (typeof code === "string" && (code.startsWith("AP") || code === "42501")) {
    error.extensions.code = code;
    return error;
  }
  return defaultMaskError(error);
}

module.exports = {
  extends: [PostGraphileAmberPreset],
  plugins: [NotesSubscription],
  pgServices: [makePgService({ connectionString: APP_DATABASE_URL, schemas: ["app"], pubsub: true })],
  grafserv: { host: "127.0.0.1", port: Number(APP_PORT), websockets: true, graphiql: false, maskError },
  grafast: { context: (requestContext) => ({ pgSettings: settings(requestContext) }) },
};
