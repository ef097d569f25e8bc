// Pages in both directions below the organization of the viewer.
import { graphql } from "react-relay";

export const fragment = graphql`
  fragment Projects_organization on Organization
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "ProjectsPaginationQuery") {
    projects(first: $first, after: $after, last: $last, before: $before)
      @connection(key: "Projects_projects") {
      edges {
        node {
          id
          name
          ...Projects_project
        }
      }
    }
  }
`;

export const item = graphql`
  fragment Projects_project on Project {
    createdAt
    spaces(first: 3) {
      nodes {
        id
        name
      }
    }
  }
`;

export const query = graphql`
  query ProjectsQuery {
    viewer {
      organization {
        ...Projects_organization @arguments(first: 20)
      }
    }
  }
`;
